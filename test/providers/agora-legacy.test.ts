import { expect, test } from 'vitest';
import { SIMULATED_AGORA } from '../../simulators/credentials.ts';
import { agoraLegacy } from '../../src/providers/agora-legacy/provider.ts';
import { agoraCaller } from '../simulators/agora-caller.ts';
import { settingsAt } from './agora-settings.ts';
import { describeLiveProvider, preparedStart } from './live-provider.ts';
import { agoraVendor } from './vendor.ts';

const secrets = [SIMULATED_AGORA.appCertificate, SIMULATED_AGORA.customerSecret, '007eJx'];
const operations = {
  start: 'start',
  look: 'legacy-query',
  update: 'legacy-update',
  stop: 'legacy-stop',
} as const;
const NO_LIST =
  'the legacy API has no list: the same start again makes the task, which is then known and stopped';
const ENDED_IS_NOT_TOLD =
  'a repeated start does not tell whether its task still runs: the first look does';
const ENDED_IS_GONE = 'the legacy API no longer knows a task that has ended: it is gone';

const CANNOT = {
  'tells what runs, and no more of what has ended': 'the API has no list of tasks',
  'finds nothing where nothing was started': NO_LIST,
  "does not take another's task for the one of a lost start": NO_LIST,
  'says when a start can no longer be repeated': ENDED_IS_NOT_TOLD,
  'sees that a task failed': ENDED_IS_GONE,
  'sees that a task was idle': ENDED_IS_GONE,
};

describeLiveProvider('agora-legacy', {
  create: (url) => agoraLegacy({ ...settingsAt(url), bodyShape: 'v6' }),
  vendor: () => agoraVendor(operations),
  secrets,
  cannot: CANNOT,
});

const V4 = 'the older body has languages and an idle time only';
describeLiveProvider('agora-legacy with the older body', {
  create: (url) => agoraLegacy({ ...settingsAt(url), bodyShape: 'v4' }),
  vendor: () => agoraVendor(operations),
  secrets,
  cannot: {
    ...CANNOT,
    'starts a task with what is desired': `${V4}: it listens to everybody`,
    'starts a task with every option': V4,
  },
});

test.for(['201', '409', 'code-49', 'message'] as const)(
  'a start that was lost adopts its task from every answer that Agora may give (%s)',
  async (repeatedStart) => {
    const caller = await agoraCaller({ startingMs: 0 });
    caller.simulator.setLegacyAnswers({ repeatedStart });
    const provider = agoraLegacy({ ...settingsAt(caller.url), bodyShape: 'v6' });
    const start = await preparedStart(provider);
    caller.simulator.inject({ operation: 'start', fault: { kind: 'lost-response' } });
    await expect(provider.start(start)).rejects.toMatchObject({ kind: 'unavailable' });
    const task = await provider.start(start);
    expect(caller.simulator.ledger().tasks).toMatchObject([{ agentId: task.id }]);
  },
);

test.for(['404', 'code-49'] as const)(
  'a stop that is repeated is a success, whatever Agora answers (%s)',
  async (repeatedStop) => {
    const caller = await agoraCaller({ startingMs: 0 });
    caller.simulator.setLegacyAnswers({ repeatedStop });
    const provider = agoraLegacy({ ...settingsAt(caller.url), bodyShape: 'v6' });
    const task = await provider.start(await preparedStart(provider));
    await provider.stop(task, 'room');
    await expect(provider.stop(task, 'room')).resolves.toBeUndefined();
  },
);
