import { ProviderError } from './errors.ts';

const TIMEOUT_MS = 60_000;

export type DownloadOptions = {
  /** Who has the file, for the words of an error. */
  readonly vendor: string;
  readonly maxBytes: number;
};

/**
 * The text at `url`; null while there is none. The URL may be the vendor's secret, so no error holds it.
 * Throws a ProviderError: `unavailable`, or `rejected` when the file is larger than `maxBytes`.
 */
export async function downloadText(
  url: string,
  { vendor, maxBytes }: DownloadOptions,
): Promise<string | null> {
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    // S3 and its kin answer 403 for what is not there to those who may not list it.
    if (response.status === 404 || response.status === 403) return null;
    if (!response.ok || response.body === null) {
      throw new ProviderError('unavailable', `a file of ${vendor} answered ${response.status}`);
    }
    return await textOf(response.body, maxBytes);
  } catch (error) {
    if (error instanceof ProviderError) throw error;
    throw new ProviderError('unavailable', `a file of ${vendor} could not be read`);
  }
}

async function textOf(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      throw new ProviderError('rejected', `a file is larger than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
