/** What can change while a session is live. Both lists are sets: order means nothing. */
export type Configuration = {
  readonly languages: readonly string[];
  /** UIDs as decimal strings, or `["all"]`. */
  readonly subscribeAudioUids: readonly string[];
};

export type ConfigurationField = keyof Configuration;

const FIELDS: readonly ConfigurationField[] = ['languages', 'subscribeAudioUids'];

/**
 * A wish about the desired configuration: whole values, differences, or both.
 * Differences apply to the whole value where both are given: replace, then remove, then add.
 */
export type ConfigurationChange = {
  readonly languages?: readonly string[] | undefined;
  readonly subscribeAudioUids?: readonly string[] | undefined;
  readonly replaceAudioUid?: { readonly from: string; readonly to: string } | undefined;
  readonly addAudioUids?: readonly string[] | undefined;
  readonly removeAudioUids?: readonly string[] | undefined;
};

/** How much of each field a vendor takes. */
export type ConfigurationLimits = {
  readonly languages: number;
  readonly subscribeAudioUids: number;
};

export type Fault = { readonly path: string; readonly message: string };

/** A change worked out against a configuration: the result, or everything that is wrong with it. */
export type ChangeResult =
  | { readonly ok: true; readonly configuration: Configuration }
  | { readonly ok: false; readonly faults: readonly Fault[] };

const LANGUAGE = /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/;

/** Whether `uid` is a 32-bit Agora UID in decimal, as a string (string user accounts are not supported). */
export function isUid(uid: string): boolean {
  return /^[1-9]\d{0,9}$/.test(uid) && Number(uid) <= 4_294_967_295;
}

/** Whether `language` has the form of a BCP 47 tag; which ones exist, the vendor knows. */
export function isLanguage(language: string): boolean {
  return LANGUAGE.test(language);
}

/** Works `change` out against `configuration`. Removing what is absent and replacing what is absent are no faults. */
export function applyChange(
  configuration: Configuration,
  change: ConfigurationChange,
  limits: ConfigurationLimits,
): ChangeResult {
  const base = change.subscribeAudioUids ?? configuration.subscribeAudioUids;
  if (hasDifference(change) && base.includes('all')) {
    const message = 'everybody ("all") is subscribed: give the complete subscribeAudioUids instead';
    return { ok: false, faults: differenceFields(change).map((path) => ({ path, message })) };
  }
  const next: Configuration = {
    languages: change.languages ?? configuration.languages,
    subscribeAudioUids: changedUids(base, change),
  };
  const faults = configurationFaults(next, limits);
  return faults.length === 0 ? { ok: true, configuration: next } : { ok: false, faults };
}

/** The fields in which two configurations differ. */
export function differingFields(one: Configuration, other: Configuration): ConfigurationField[] {
  return FIELDS.filter((field) => !sameMembers(one[field], other[field]));
}

/** Everything that keeps `configuration` from being sent to a vendor with these limits. */
function configurationFaults(configuration: Configuration, limits: ConfigurationLimits): Fault[] {
  const { languages, subscribeAudioUids: uids } = configuration;
  return [
    ...listFaults('languages', languages, limits.languages),
    ...languages
      .filter((language) => !isLanguage(language))
      .map((language) => ({
        path: 'languages',
        message: `"${language}" is not a language tag such as en-US`,
      })),
    ...listFaults('subscribeAudioUids', uids, limits.subscribeAudioUids),
    ...(uids.length === 1 && uids[0] === 'all' ? [] : uids)
      .filter((uid) => !isUid(uid))
      .map((uid) => ({ path: 'subscribeAudioUids', message: uidFault(uid) })),
  ];
}

/** Reads a change that came from outside the API, where nothing has looked at its form yet. */
export function readChange(
  value: unknown,
): { ok: true; change: ConfigurationChange } | { ok: false; faults: readonly Fault[] } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ok: false, faults: [{ path: '', message: 'must be an object' }] };
  }
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  const faults = entries.flatMap(([path, part]) => fieldFault(path, part));
  if (entries.length === 0) faults.push({ path: '', message: 'must change something' });
  return faults.length === 0 && isChange(value)
    ? { ok: true, change: value }
    : { ok: false, faults };
}

const LISTS = new Set(['languages', 'subscribeAudioUids', 'addAudioUids', 'removeAudioUids']);

function isChange(value: object): value is ConfigurationChange {
  return Object.entries(value).every(([path, part]) => fieldFault(path, part).length === 0);
}

function fieldFault(path: string, part: unknown): Fault[] {
  if (path === 'replaceAudioUid') {
    return isReplacement(part) ? [] : [{ path, message: 'must be {from, to}, two strings' }];
  }
  if (!LISTS.has(path)) return [{ path, message: 'is not a field that can change' }];
  return part === undefined || isStrings(part)
    ? []
    : [{ path, message: 'must be a list of strings' }];
}

function isStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every((member) => typeof member === 'string');
}

function isReplacement(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.keys(value).toSorted().join() === 'from,to' &&
    isStrings(Object.values(value))
  );
}

function hasDifference(change: ConfigurationChange): boolean {
  return differenceFields(change).length > 0;
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

function listFaults(path: string, list: readonly string[], most: number): Fault[] {
  if (list.length === 0) return [{ path, message: 'must not be empty' }];
  if (list.length > most)
    return [{ path, message: `may have ${most} at most, not ${list.length}` }];
  return new Set(list).size === list.length ? [] : [{ path, message: 'has a member twice' }];
}

function uidFault(uid: string): string {
  return uid === 'all' ? '"all" stands alone' : `"${uid}" is not a UID (1 to 4294967295)`;
}

function sameMembers(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((member) => other.includes(member));
}
