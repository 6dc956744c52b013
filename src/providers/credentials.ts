import { ProviderError } from './errors.ts';

/** What one harmless call with a vendor's credentials shows. */
export type CredentialsCheck =
  | { readonly isTaken: true; readonly found: string }
  | { readonly isTaken: false; readonly found: string; readonly advice: string };

/** What to do about each way in which such a call may fail. */
export type CredentialsAdvice = {
  /** 401 and 403. */
  readonly unauthorized: string;
  /** Any other refusal. */
  readonly refused: string;
  readonly unavailable: string;
};

/** Makes the call, which costs nothing and changes nothing; resolves with what it showed. */
export async function checkCredentials(
  call: () => Promise<string>,
  advice: CredentialsAdvice,
): Promise<CredentialsCheck> {
  try {
    return { isTaken: true, found: await call() };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return { isTaken: false, found: error.message, advice: adviceFor(error, advice) };
  }
}

function adviceFor({ kind, facts }: ProviderError, advice: CredentialsAdvice): string {
  if (kind === 'throttled') return 'it is asked too often now: try again in a minute';
  if (kind === 'unavailable') return advice.unavailable;
  return facts.status === 401 || facts.status === 403 ? advice.unauthorized : advice.refused;
}
