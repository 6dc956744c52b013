/** Where Agora stores captions, and with whose credentials. */
export type CaptionStorage = {
  /** Agora's number of the storage vendor: 1 = Amazon S3. */
  readonly vendor: number;
  /** Agora's number of the region. */
  readonly region: number;
  readonly bucket: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** The folder, as its path's segments. */
  readonly prefix: readonly string[];
  /** Of an S3-compatible store (vendor 11), which has to be told to Agora; null = the vendor's own. */
  readonly endpoint: string | null;
  readonly forcePathStyle: boolean;
};

/** An encryption secret of a channel, and its salt (base64 of 32 bytes) where the mode wants one. */
export type EncryptionKey = { readonly secret: string; readonly salt: string | null };

/** An Agora project, with all that it takes to run tasks in it. */
export type AgoraSettings = {
  readonly baseUrl: string;
  readonly appId: string;
  readonly appCertificate: string;
  readonly customerId: string;
  readonly customerSecret: string;
  /** The longest life of an RTC token; Agora's limit is 24 h. */
  readonly maxTokenSeconds: number;
  /** The longest life of a task, when it is less than Agora's own; null = Agora's. */
  readonly maxTaskSeconds: number | null;
  readonly captionStorage: CaptionStorage | null;
  /** By the name that requests refer to them by. */
  readonly encryptionKeys: { readonly [name: string]: EncryptionKey };
};

/** Every secret in `settings`, so that none of them reaches a log, a history or a caller by an echo of the vendor's. */
export function secretsOf(settings: AgoraSettings): string[] {
  const { appCertificate, customerSecret, captionStorage, encryptionKeys } = settings;
  const store = captionStorage ? [captionStorage.accessKey, captionStorage.secretKey] : [];
  const keys = Object.values(encryptionKeys).flatMap(({ secret, salt }) => [secret, salt ?? '']);
  return [appCertificate, customerSecret, ...store, ...keys].filter((secret) => secret !== '');
}
