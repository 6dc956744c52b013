import { log } from '@temporalio/activity';
import type { CallbackSettings } from '../callbacks/receivers.ts';
import { send, type Sent } from '../callbacks/send.ts';
import type { Callback } from '../domain/callbacks.ts';
import { failingClearly } from './failures.ts';

export type CallbackActivities = ReturnType<typeof createCallbackActivities>;

/** The activity that delivers callbacks. The secrets stay here: no history holds one. */
export function createCallbackActivities(settings: CallbackSettings) {
  return {
    /** Makes one try. What comes of it is for the workflow to judge. */
    async sendCallback(callback: Callback): Promise<Sent> {
      return failingClearly(async () => {
        const sent = await send(callback, settings);
        const { status, error: words } = sent;
        if (words !== null)
          log.warn('callback not taken', { callback: callback.id, status, words });
        return sent;
      });
    },
  };
}
