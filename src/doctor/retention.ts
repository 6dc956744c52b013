import type { Config, InspectedConfig } from '../config.ts';
import { captionBucket, captionFolder } from '../providers/agora/caption-store.ts';
import { keepingOf, type Keeping } from '../storage/bucket-report.ts';
import type { BucketSettings } from '../storage/object-store.ts';
import { lazyClient } from '../temporal/connection.ts';
import { counted, notChecked, risk, unchecked, well, type Check, type Sight } from './finding.ts';

const CALL_MS = 6_000;
const DAY_SECONDS = 86_400;
const METADATA = 'metadata';
const TRANSCRIPTS = 'transcripts/';

type Place = {
  readonly subject: string;
  readonly settings: BucketSettings;
  readonly prefixes: readonly string[];
};

/** For how long what is recorded, written and known of a session is kept, and whether these periods fit together. */
export function retentionChecks(inspected: InspectedConfig): Check[] {
  return [{ subject: METADATA, look: () => look(inspected) }];
}

async function look({ config }: InspectedConfig): Promise<Sight[]> {
  const { transcripts, providers } = config;
  const recordings = providers['amazon-transcribe'];
  const storage = providers.agora?.captionStorage ?? null;
  const captions = storage && captionBucket(storage);
  const places: Place[] = [
    ...(recordings
      ? [{ subject: 'audio', settings: recordings.audio, prefixes: ['recordings/'] }]
      : []),
    ...(transcripts
      ? [
          {
            subject: 'transcripts',
            settings: transcripts,
            prefixes: recordings ? [TRANSCRIPTS, 'jobs/'] : [TRANSCRIPTS],
          },
        ]
      : []),
    ...(storage && captions
      ? [{ subject: 'captions', settings: captions, prefixes: [captionFolder(storage)] }]
      : []),
  ];
  const [days, ...kept] = await Promise.all([historyDays(config), ...places.map(keptAt)]);
  return [
    ...kept.flatMap((place) => [
      ...place.kept.map(({ subject, name, keeping }) => sightOf(subject, name, keeping, days)),
      ...place.versions,
    ]),
    ...(days === null
      ? notChecked([METADATA], 'Temporal does not tell the retention of the namespace')
      : [metadata(days)]),
  ];
}

type PlaceKept = { readonly kept: readonly Kept[]; readonly versions: readonly Sight[] };
type Kept = { readonly subject: string; readonly name: string; readonly keeping: Keeping };

async function keptAt({ subject, settings, prefixes }: Place): Promise<PlaceKept> {
  const { keepsVersions, periods } = await keepingOf(settings, prefixes);
  const kept = [...periods].map(([prefix, keeping]) => ({
    subject,
    name: `${settings.bucket}/${prefix}`,
    keeping,
  }));
  return { kept, versions: keepsVersions ? [versioned(subject, settings.bucket)] : [] };
}

function versioned(subject: string, bucket: string): Sight {
  const found = `${bucket} keeps earlier versions: what is erased, or expires, is still there`;
  const advice =
    'suspend its versioning, or give it a lifecycle rule with NoncurrentVersionExpiration';
  return risk(subject, found, advice);
}

function sightOf(subject: string, name: string, keeping: Keeping, days: number | null): Sight {
  if (keeping === 'untold') {
    return unchecked(subject, `${name}: the store does not let us see the bucket's lifecycle`);
  }
  if (keeping === 'for-ever') {
    const advice = 'if that is not meant, give the bucket a lifecycle rule, as deploy/aws does';
    return risk(subject, `${name} is kept for ever: no lifecycle rule removes it`, advice);
  }
  const found = `${name} is kept for ${counted(keeping.days, 'day')}`;
  if (days === null) return well(subject, found);
  if (keeping.days > days) {
    const known = `${found}, but what Temporal knows of a session only for ${inDays(days)} after its end: then no answer of the API leads there, and only DELETE by the session's id finds it`;
    return risk(
      subject,
      known,
      'keep the ids of sessions yourself, or bring the periods together: docs/retention.md',
    );
  }
  if (name.endsWith(`/${TRANSCRIPTS}`) && keeping.days < days) {
    const early = `${found}, but what Temporal knows of a session for ${inDays(days)}: after that the session tells of a transcript that is gone`;
    return risk(subject, early, 'bring the periods together: docs/retention.md');
  }
  return well(subject, found);
}

function metadata(days: number): Sight {
  return well(METADATA, `Temporal keeps a session's history for ${inDays(days)} after its end`);
}

function inDays(days: number): string {
  return days < 1 ? counted(Math.round(days * 24), 'hour') : counted(days, 'day');
}

/** The namespace's retention; null where nobody tells. */
async function historyDays({ encryptionKeys }: Config): Promise<number | null> {
  const client = lazyClient(encryptionKeys);
  const { namespace } = client.options;
  try {
    const { config } = await client.withDeadline(Date.now() + CALL_MS, () =>
      client.workflowService.describeNamespace({ namespace }),
    );
    return Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) / DAY_SECONDS;
  } catch {
    // The section of Temporal says why.
    return null;
  } finally {
    await client.connection.close();
  }
}
