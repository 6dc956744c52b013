/**
 * Well-formed but invented Agora credentials, used with the simulator when there are no real ones.
 * The App ID and the App Certificate are 32 hex characters, because token builders refuse others.
 */
export const SIMULATED_AGORA = {
  appId: '0a60aa1d00000000000000000000a991',
  appCertificate: '0a60aacef7000000000000000000ce47',
  customerId: '0a60aac057000000000000000000c057',
  customerSecret: '0a60aa5ec0000000000000000000005e',
} as const;

/** The same for VideoSDK. */
export const SIMULATED_VIDEOSDK = {
  apiKey: '0a60aa1d-0000-4000-8000-00000000a991',
  secret: '0a60aa5ec00000000000000000000000000000000000000000000000000000d5',
} as const;

/** The same for the simulated S3. */
export const SIMULATED_S3 = {
  accessKeyId: '0A60AA53ACCE55000001',
  secretAccessKey: '0a60aa535ec0000000000000000000000000005e',
  region: 'us-east-1',
} as const;

/** The same for Vonage; the key of the application is made when it is needed. */
export const SIMULATED_VONAGE = {
  applicationId: '0a60aa1d-0000-4000-8000-00000000a992',
  apiKey: '0a60aa1d',
  signatureSecret: '0a60aa5ec000000000000000000000000000000000000000000000000000000e',
} as const;
