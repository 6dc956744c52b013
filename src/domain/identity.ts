import { LIVE_PROVIDERS } from './session.ts';

/** Every prefix of a natural session id, and of the ids of our own other workflows. */
const RESERVED_PREFIXES = [
  ...Object.keys(LIVE_PROVIDERS),
  'vonage',
  'vonage-call',
  'media',
  'erase',
  'transcript',
  'callback',
  'reconcile',
  'key',
];

/** The ids that callers may have of their own. */
export const OWN_SESSION_ID = new RegExp(
  `^(?!(?:${RESERVED_PREFIXES.join('|')}):)[A-Za-z0-9_.:-]{1,128}$`,
);

/** What a natural id may have after its prefix: less than any room's name, but no quote, and nothing that leads elsewhere. */
const NATURAL_SESSION_ID = new RegExp(
  `^(?:${[...Object.keys(LIVE_PROVIDERS), 'vonage', 'vonage-call', 'media'].join('|')}):[^'"\\\\/]+$`,
);

/** Whether a session may have had the id, of which nothing else is known. */
export function canBeSessionId(id: string): boolean {
  return NATURAL_SESSION_ID.test(id) || OWN_SESSION_ID.test(id);
}

/** The id nobody has to remember: one live session of a channel at a time. */
export function naturalSessionId(provider: string, channel: string): string {
  return `${provider}:${channel}`;
}

/** Why `id` can't be the caller's own id of a session whose natural id is `naturalId`, or null when it can. */
export function sessionIdFault(id: string, naturalId: string): string | null {
  if (id === naturalId) return null;
  if (!/^[A-Za-z0-9_.:-]{1,128}$/.test(id)) return 'must be 1 to 128 of A-Z a-z 0-9 . _ : -';
  const prefix = RESERVED_PREFIXES.find((reserved) => id.startsWith(`${reserved}:`));
  return prefix === undefined
    ? null
    : `must not start with "${prefix}:", which is kept for ids of ours (the natural one here: ${naturalId})`;
}

/** Of the workflows that do something for a session, whose ids are made of the session's: docs/signals.md. */
const WORK_FOR_A_SESSION = /^(?:erase:(.+)|transcript:(.+):[^:]+|callback:(.+):[^:]+:\d+)$/;
/** Those of no one session. */
const NO_SESSION = /^(?:key|reconcile):/;

/** The session that a workflow of ours is, or does something for; null of one that is for none, or for many. */
export function sessionOfWorkflow(workflowId: string): string | null {
  if (NO_SESSION.test(workflowId)) return null;
  const [, erased, transcribed, told] = WORK_FOR_A_SESSION.exec(workflowId) ?? [];
  return erased ?? transcribed ?? told ?? workflowId;
}
