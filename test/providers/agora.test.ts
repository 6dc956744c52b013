import { SIMULATED_AGORA } from '../../simulators/credentials.ts';
import { agora } from '../../src/providers/agora/provider.ts';
import { settingsAt } from './agora-settings.ts';
import { describeLiveProvider } from './live-provider.ts';
import { agoraVendor } from './vendor.ts';

describeLiveProvider('agora', {
  vendor: () => agoraVendor({ start: 'join', look: 'query', update: 'update', stop: 'leave' }),
  create: (url) => agora(settingsAt(url)),
  secrets: [SIMULATED_AGORA.appCertificate, SIMULATED_AGORA.customerSecret, '007eJx'],
});
