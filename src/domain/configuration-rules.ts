/** How much of each field a vendor takes; 0 = it has no such field. */
export type ConfigurationLimits = {
  /** Of the session, and of each uid in `uidLanguages`. */
  readonly languages: number;
  readonly subscribeAudioUids: number;
  readonly uidLanguages: number;
  readonly translation: number;
  /** Per source language. */
  readonly translationTargets: number;
  readonly keywords: number;
};

export const CONFIGURATION_LIMITS = [
  'languages',
  'subscribeAudioUids',
  'uidLanguages',
  'translation',
  'translationTargets',
  'keywords',
] as const satisfies readonly (keyof ConfigurationLimits)[];

/** What is wrong, and where: `path` as in `uidLanguages.0.uid`. */
export type Fault = { readonly path: string; readonly message: string };

type Check = (path: string, value: unknown, limits: ConfigurationLimits) => Fault[];

/** The form of a BCP 47 tag; which ones exist, the vendor knows. */
export const LANGUAGE_TAG = /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/;

/** The rules of each field. They look at the form too, because a signal brings anything. */
const CHECKS: { readonly [field: string]: Check } = {
  languages: (path, value, limits) => nonEmptyList(path, value, limits.languages, languageFaults),
  subscribeAudioUids: (path, value, limits) =>
    isAll(value) ? [] : nonEmptyList(path, value, limits.subscribeAudioUids, uidFaults),
  uidLanguages: (path, value, limits) =>
    listFaults(path, value, limits.uidLanguages, (at, member) =>
      memberFaults(at, member, {
        uid: uidFaults,
        languages: (list, languages) =>
          nonEmptyList(list, languages, limits.languages, languageFaults),
      }),
    ),
  translation: (path, value, limits) =>
    listFaults(path, value, limits.translation, (at, member) =>
      memberFaults(at, member, {
        source: languageFaults,
        targets: (list, targets) => [
          ...nonEmptyList(list, targets, limits.translationTargets, languageFaults),
          ...(Array.isArray(targets) && targets.includes(property(member, 'source'))
            ? [{ path: list, message: 'must not have the source language' }]
            : []),
        ],
      }),
    ),
  keywords: (path, value, limits) => listFaults(path, value, limits.keywords, keywordFaults),
  replaceAudioUid: (path, value) => memberFaults(path, value, { from: uidFaults, to: uidFaults }),
  addAudioUids: (path, value, limits) =>
    nonEmptyList(path, value, limits.subscribeAudioUids, uidFaults),
  removeAudioUids: (path, value) => nonEmptyList(path, value, Infinity, uidFaults),
};

/** Everything that is wrong with `value` as the field `field` of a configuration or of a change. */
export function fieldFaults(field: string, value: unknown, limits: ConfigurationLimits): Fault[] {
  const check = Object.hasOwn(CHECKS, field) ? CHECKS[field] : undefined;
  if (check === undefined) return [{ path: field, message: 'is not a field that can change' }];
  return check(field, value, limits);
}

/** Whether `value` is a 32-bit Agora UID in decimal, as a string (string user accounts are not supported). */
export function isUid(value: unknown): boolean {
  return (
    typeof value === 'string' && /^[1-9]\d{0,9}$/.test(value) && Number(value) <= 4_294_967_295
  );
}

function isAll(value: unknown): boolean {
  return Array.isArray(value) && value.length === 1 && value[0] === 'all';
}

function uidFaults(path: string, value: unknown): Fault[] {
  if (isUid(value)) return [];
  const message =
    value === 'all' ? 'must be "all" alone' : 'must be a UID as a string, "1" to "4294967295"';
  return [{ path, message }];
}

function languageFaults(path: string, value: unknown): Fault[] {
  const isTag = typeof value === 'string' && LANGUAGE_TAG.test(value);
  return isTag ? [] : [{ path, message: 'must be a language tag such as en-US' }];
}

function keywordFaults(path: string, value: unknown): Fault[] {
  const isKeyword = typeof value === 'string' && value.trim() !== '' && value.length <= 64;
  return isKeyword ? [] : [{ path, message: 'must be a text of 1 to 64 characters' }];
}

function nonEmptyList(
  path: string,
  value: unknown,
  most: number,
  check: (path: string, member: unknown) => Fault[],
): Fault[] {
  const isEmpty = Array.isArray(value) && value.length === 0;
  return isEmpty ? [{ path, message: 'must not be empty' }] : listFaults(path, value, most, check);
}

function listFaults(
  path: string,
  value: unknown,
  most: number,
  check: (path: string, member: unknown) => Fault[],
): Fault[] {
  if (!Array.isArray(value)) return [{ path, message: 'must be a list' }];
  if (value.length > most) {
    const message =
      most === 0
        ? 'is not a field of this provider'
        : `may have ${most} members at most, not ${value.length}`;
    return [{ path, message }];
  }
  const keys = value.map((member: unknown) =>
    JSON.stringify(property(member, 'uid') ?? property(member, 'source') ?? member),
  );
  return [
    ...value.flatMap((member: unknown, index) => check(`${path}.${index}`, member)),
    ...(new Set(keys).size === keys.length
      ? []
      : [{ path, message: 'must not have a member twice' }]),
  ];
}

function memberFaults(
  path: string,
  member: unknown,
  checks: { readonly [name: string]: (path: string, value: unknown) => Fault[] },
): Fault[] {
  if (typeof member !== 'object' || member === null)
    return [{ path, message: 'must be an object' }];
  const unknown = Object.keys(member).filter((name) => !Object.hasOwn(checks, name));
  return [
    ...Object.entries(checks).flatMap(([name, check]) =>
      check(`${path}.${name}`, property(member, name)),
    ),
    ...unknown.map((name) => ({ path: `${path}.${name}`, message: 'is not a known field' })),
  ];
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
