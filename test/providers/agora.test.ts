import { agora } from '../../src/providers/agora/provider.ts';
import { settingsAt } from './agora-settings.ts';
import { describeLiveProvider } from './live-provider.ts';

describeLiveProvider('agora', {
  create: (url) => agora(settingsAt(url)),
  operations: { start: 'join', look: 'query', update: 'update', stop: 'leave' },
});
