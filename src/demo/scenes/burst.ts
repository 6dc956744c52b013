import { Untrue, updatesOf } from '../judgement.ts';
import { CHANNEL, type Cast, type Stage } from '../stage.ts';

const CHANGES = 20;
/** How many changes are under way at a time. */
const AT_A_TIME = 5;

/** Sends many changes at once. Returns what tells how many calls they became, once they are applied. */
export async function burst(
  { narrator, api, simulators }: Stage,
  { agora }: Cast,
): Promise<() => Promise<void>> {
  narrator.heading('A burst of updates');
  const startedAtMs = Date.now();
  const uids = Array.from({ length: CHANGES }, (_, index) => String(501 + index));
  for (let first = 0; first < CHANGES; first += AT_A_TIME) {
    const some = uids.slice(first, first + AT_A_TIME);
    await Promise.all(some.map((uid) => api.change(agora.id, { addAudioUids: [uid] })));
  }
  const seconds = ((Date.now() - startedAtMs) / 1_000).toFixed(1);
  const { revision } = await api.get(agora.id);
  narrator.say(
    `${CHANGES} people join ${agora.id}: ${CHANGES} PATCHes in ${seconds} s, all accepted ` +
      `(revision ${revision})`,
  );
  narrator.aside('Agora takes one update in 5 s. Meanwhile:');

  return async () => {
    const work = api.until(agora.id, 'was not updated', (now) => now.appliedRevision === CHANGES);
    const { applied } = await narrator.during('the 5 s between two calls to Agora', work);
    const [gapMs = 0] = updatesOf(await simulators.agora(CHANNEL), 1);
    const missing = uids.filter((uid) => !applied?.subscribeAudioUids.includes(uid));
    if (missing.length > 0) throw new Untrue(`the update did not have ${missing.join(', ')}`);
    narrator.proved(
      `${CHANGES} changes became 1 update call, ${(gapMs / 1_000).toFixed(1)} s after the start, with all ` +
        `${applied?.subscribeAudioUids.length} uids (Agora's ledger)`,
    );
  };
}
