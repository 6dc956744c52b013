/** A VideoSDK project, with all that it takes to run transcriptions in it. */
export type VideosdkSettings = {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly secret: string;
  /** Where VideoSDK tells what happens; null = nowhere, and it is only asked. */
  readonly webhookUrl: string | null;
};
