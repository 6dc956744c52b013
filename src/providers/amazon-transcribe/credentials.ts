import { checkCredentials, type CredentialsCheck } from '../credentials.ts';
import { ProviderError } from '../errors.ts';
import type { JobStart } from '../port.ts';
import { JobClient, VENDOR } from './client.ts';
import { readOptions } from './job-request.ts';
import type { TranscribeSettings } from './settings.ts';

/** Lists jobs, one at most. */
export async function checkAmazonTranscribe(
  settings: TranscribeSettings,
): Promise<CredentialsCheck> {
  const client = new JobClient(settings);
  const advice =
    'give this process the credentials (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or a role) of somebody who may transcribe:ListTranscriptionJobs, as WorkerPolicy in deploy/aws has it';
  return checkCredentials(
    async () => {
      await client.listAny();
      return `${VENDOR} lists jobs with them in ${settings.region}`;
    },
    {
      unauthorized: advice,
      refused: advice,
      unavailable: `let this machine reach ${VENDOR} in AWS_REGION (${settings.region}), or correct AWS_ENDPOINT_URL_TRANSCRIBE`,
    },
  );
}

/** A custom vocabulary, or a filter, and whether a job may name it. */
export type VocabularyCheck = {
  readonly what: string;
  readonly state: 'ready' | 'unready' | 'missing' | 'unknown';
  /** The service's, where it is not ready. */
  readonly words: string;
};

/** Looks at the vocabulary and the filter that `options` name. */
export async function checkVocabularies(
  settings: TranscribeSettings,
  options: JobStart['options'],
): Promise<VocabularyCheck[]> {
  const { vocabularyName, vocabularyFilter } = readOptions(options);
  const client = new JobClient(settings);
  const looks: Promise<VocabularyCheck>[] = [];
  if (vocabularyName !== undefined) {
    const look = () => client.vocabularyState(vocabularyName);
    looks.push(lookedAt(`the vocabulary ${vocabularyName}`, look));
  }
  if (vocabularyFilter) {
    const look = () => client.requireFilter(vocabularyFilter.name);
    looks.push(lookedAt(`the vocabulary filter ${vocabularyFilter.name}`, look));
  }
  return Promise.all(looks);
}

async function lookedAt(what: string, look: () => Promise<string>): Promise<VocabularyCheck> {
  try {
    const words = await look();
    return { what, state: words === 'READY' ? 'ready' : 'unready', words };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return {
      what,
      state: error.kind === 'not-found' ? 'missing' : 'unknown',
      words: error.message,
    };
  }
}
