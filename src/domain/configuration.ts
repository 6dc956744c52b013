import { fieldFaults, type ConfigurationLimits, type Fault } from './configuration-rules.ts';

/** The languages of one speaker, instead of the session's. */
type UidLanguages = { readonly uid: string; readonly languages: readonly string[] };

/** What is translated, and into what. */
type Translation = { readonly source: string; readonly targets: readonly string[] };

/** What can change while a session is live. Its lists are sets: order means nothing. Absent is the same as empty. */
export type Configuration = {
  readonly languages: readonly string[];
  /** UIDs as decimal strings, or `["all"]`. */
  readonly subscribeAudioUids: readonly string[];
  readonly uidLanguages?: readonly UidLanguages[] | undefined;
  readonly translation?: readonly Translation[] | undefined;
  readonly keywords?: readonly string[] | undefined;
};

export type ConfigurationField = keyof Configuration;

export const CONFIGURATION_FIELDS = [
  'languages',
  'subscribeAudioUids',
  'uidLanguages',
  'translation',
  'keywords',
] as const satisfies readonly ConfigurationField[];

/**
 * A wish about the desired configuration: whole values, differences, or both.
 * Differences apply to the whole value where both are given: replace, then remove, then add.
 */
export type ConfigurationChange = Partial<Configuration> & {
  readonly replaceAudioUid?: { readonly from: string; readonly to: string } | undefined;
  readonly addAudioUids?: readonly string[] | undefined;
  readonly removeAudioUids?: readonly string[] | undefined;
};

/** What a session's changes are checked against. */
export type ConfigurationRules = {
  readonly limits: ConfigurationLimits;
  /** Fields that this session cannot change, and why. */
  readonly fixed: { readonly [field in ConfigurationField]?: string };
};

/** A change worked out against a configuration: the result, or everything that is wrong with it. */
export type ChangeResult =
  | { readonly ok: true; readonly configuration: Configuration }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** Works `change` out against `configuration`. Removing what is absent and replacing what is absent are no faults. */
export function applyChange(
  configuration: Configuration,
  change: ConfigurationChange,
  { limits, fixed }: ConfigurationRules,
): ChangeResult {
  const base = change.subscribeAudioUids ?? configuration.subscribeAudioUids;
  const differences = differenceFields(change);
  if (differences.length > 0 && base.includes('all')) {
    const message = 'everybody ("all") is subscribed: give the complete subscribeAudioUids instead';
    return { ok: false, faults: differences.map((path) => ({ path, message })) };
  }
  const { replaceAudioUid: _, addAudioUids: __, removeAudioUids: ___, ...whole } = change;
  const next: Configuration = {
    ...configuration,
    ...whole,
    languages: change.languages ?? configuration.languages,
    subscribeAudioUids: changedUids(base, change),
  };
  const changed = differingFields(next, configuration);
  const faults = changed.flatMap((field) => [
    ...(fixed[field] === undefined ? [] : [{ path: field, message: fixed[field] }]),
    ...fieldFaults(field, next[field] ?? [], limits),
  ]);
  return faults.length === 0 ? { ok: true, configuration: next } : { ok: false, faults };
}

/** Reads a change that came from outside the API, where nothing has looked at its form yet. */
export function readChange(
  value: unknown,
  limits: ConfigurationLimits,
): { ok: true; change: ConfigurationChange } | { ok: false; faults: readonly Fault[] } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ok: false, faults: [{ path: '', message: 'must be an object' }] };
  }
  if (Object.keys(value).length === 0) {
    return { ok: false, faults: [{ path: '', message: 'must change something' }] };
  }
  return isChange(value, limits)
    ? { ok: true, change: value }
    : { ok: false, faults: changeFaults(value, limits) };
}

function changeFaults(value: object, limits: ConfigurationLimits): Fault[] {
  return Object.entries(value).flatMap(([field, part]) => fieldFaults(field, part, limits));
}

function isChange(value: object, limits: ConfigurationLimits): value is ConfigurationChange {
  return changeFaults(value, limits).length === 0;
}

/** The fields in which two configurations differ. */
export function differingFields(one: Configuration, other: Configuration): ConfigurationField[] {
  return CONFIGURATION_FIELDS.filter(
    (field) =>
      one[field] !== other[field] && canonical(one[field] ?? []) !== canonical(other[field] ?? []),
  );
}

function differenceFields(change: ConfigurationChange): string[] {
  return (['replaceAudioUid', 'addAudioUids', 'removeAudioUids'] as const).filter(
    (field) => change[field] !== undefined,
  );
}

function changedUids(base: readonly string[], change: ConfigurationChange): string[] {
  const uids = new Set(base);
  if (change.replaceAudioUid) {
    uids.delete(change.replaceAudioUid.from);
    uids.add(change.replaceAudioUid.to);
  }
  for (const uid of change.removeAudioUids ?? []) uids.delete(uid);
  for (const uid of change.addAudioUids ?? []) uids.add(uid);
  return [...uids];
}

/** The same text for the same set, whatever the order of its members and of their own lists. */
function canonical(set: readonly unknown[]): string {
  return JSON.stringify(set.map((member) => memberText(member)).toSorted());
}

function memberText(member: unknown): string {
  if (typeof member !== 'object' || member === null) return JSON.stringify(member);
  const parts = Object.entries(member).map(([name, part]): [string, unknown] => [
    name,
    Array.isArray(part) ? canonical(part) : part,
  ]);
  return JSON.stringify(parts.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
