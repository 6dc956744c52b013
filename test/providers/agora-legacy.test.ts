import { agoraLegacy } from '../../src/providers/agora-legacy/provider.ts';
import { settingsAt } from './agora-settings.ts';
import { describeLiveProvider } from './live-provider.ts';

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

describeLiveProvider('agora-legacy', {
  create: (url) => agoraLegacy({ ...settingsAt(url), bodyShape: 'v6' }),
  operations,
  cannot: {
    'finds nothing where nothing was started': NO_LIST,
    "does not take another's task for the one of a lost start": NO_LIST,
    'says when a start can no longer be repeated': ENDED_IS_NOT_TOLD,
    'sees that a task failed': ENDED_IS_GONE,
    'sees that a task was idle': ENDED_IS_GONE,
  },
});

const V4 = 'the older body has languages and an idle time only';
describeLiveProvider('agora-legacy with the older body', {
  create: (url) => agoraLegacy({ ...settingsAt(url), bodyShape: 'v4' }),
  operations,
  cannot: {
    'finds nothing where nothing was started': NO_LIST,
    "does not take another's task for the one of a lost start": NO_LIST,
    'says when a start can no longer be repeated': ENDED_IS_NOT_TOLD,
    'sees that a task failed': ENDED_IS_GONE,
    'sees that a task was idle': ENDED_IS_GONE,
    'starts a task that then runs': `${V4}: it listens to everybody`,
    'starts a task with every option': V4,
  },
});
