import { bodyText } from './body-text.ts';
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
    if (!response.ok) {
      throw new ProviderError('unavailable', `a file of ${vendor} answered ${response.status}`);
    }
    const text = await bodyText(response, maxBytes);
    if (text !== null) return text;
    throw new ProviderError('rejected', `a file is larger than ${maxBytes} bytes`);
  } catch (error) {
    if (error instanceof ProviderError) throw error;
    throw new ProviderError('unavailable', `a file of ${vendor} could not be read`);
  }
}
