import type { InspectedConfig } from '../config.ts';
import {
  checkVocabularies,
  type VocabularyCheck,
} from '../providers/amazon-transcribe/credentials.ts';
import { credentialChecks } from '../providers/registry.ts';
import { brokenProvider } from './configuration.ts';
import { fault, notChecked, notRight, risk, well, type Check, type Sight } from './finding.ts';

const NAMES = ['agora', 'agora-legacy', 'videosdk', 'amazon-transcribe', 'vonage'] as const;

/** Whether each vendor takes our credentials. */
export function vendorChecks(inspected: InspectedConfig): Check[] {
  const calls = credentialChecks(inspected.config);
  const checks = NAMES.flatMap((name): Check[] => {
    const call = calls[name];
    if (call !== null)
      return [{ subject: name, look: async () => [await credentials(name, call)] }];
    const broken = brokenProvider(inspected, name);
    if (broken === null) return [];
    return [{ subject: name, look: async () => notChecked([name], notRight(broken)) }];
  });
  return [...checks, ...vocabularyChecks(inspected)];
}

type CredentialsCall = NonNullable<ReturnType<typeof credentialChecks>[(typeof NAMES)[number]]>;

async function credentials(name: string, call: CredentialsCall): Promise<Sight> {
  const check = await call();
  return check.isTaken ? well(name, check.found) : fault(name, check.found, check.advice);
}

/** What VONAGE_TRANSCRIPTION names at Amazon Transcribe, without which every call's job would fail. */
function vocabularyChecks({ config }: InspectedConfig): Check[] {
  const { vonage, providers } = config;
  const settings = providers['amazon-transcribe'];
  if (vonage === null || settings === null) return [];
  const look = async () => {
    const checks = await checkVocabularies(settings, vonage.transcription.options);
    return checks.map(vocabularySight);
  };
  return [{ subject: 'VONAGE_TRANSCRIPTION', look }];
}

function vocabularySight({ what, state, words }: VocabularyCheck): Sight {
  const subject = 'VONAGE_TRANSCRIPTION';
  switch (state) {
    case 'ready':
      return well(subject, `${what} is ready`);
    case 'missing':
      return fault(subject, `${what}: ${words}`, 'make it in AWS_REGION, or correct its name');
    case 'unready':
      return fault(subject, `${what}: ${words}`, 'a job that names it fails until it is READY');
    case 'unknown':
      return risk(
        subject,
        `${what} could not be looked at: ${words}`,
        'look for it in the console of Amazon Transcribe, or allow transcribe:GetVocabulary and transcribe:GetVocabularyFilter',
      );
  }
}
