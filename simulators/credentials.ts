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
