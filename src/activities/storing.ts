import { log } from '@temporalio/activity';
import { ProviderError } from '../providers/errors.ts';

/**
 * Does `work` with the object storage. Throws a ProviderError `unavailable`, without the store's own words: these may hold
 * keys and hosts, and are in the log.
 */
export async function storing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    log.warn('the object storage failed', { error });
    const name = error instanceof Error ? error.name : 'unknown error';
    throw new ProviderError('unavailable', `object storage: ${name}`);
  }
}
