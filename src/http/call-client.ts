import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import type { SignalDefinition } from '@temporalio/common';
import type { RecordingRequest } from '../domain/recording.ts';
import { callEvent, callId, recordingCame, SEARCH_ATTRIBUTES } from '../workflows/messages.ts';
import type { CallEvent, RecordedCall } from '../workflows/messages.ts';
import { inTime } from './in-time.ts';
import { about } from './request-lines.ts';
import { labelAttributes } from './session-workflow.ts';

export type CallClientOptions = {
  readonly client: Client;
  readonly taskQueue: string;
  /** How long after a call its recording is waited for. */
  readonly graceSeconds: number;
};

/** Phone calls, as Temporal has them. Every method throws Problem. */
export class CallClient {
  readonly #options: CallClientOptions;

  constructor(options: CallClientOptions) {
    this.#options = options;
  }

  /** Something happened in the call of `request`. */
  async tell(request: RecordingRequest, conversationUuid: string, event: CallEvent): Promise<void> {
    await this.#signal(request, conversationUuid, callEvent, event);
  }

  /** The recording of the call has come, and is the session `sessionId`. */
  async recorded(
    request: RecordingRequest,
    conversationUuid: string,
    sessionId: string,
  ): Promise<void> {
    await this.#signal(request, conversationUuid, recordingCame, sessionId);
  }

  /** Whatever comes first begins the call's workflow. One that has ended is done with. */
  async #signal<Argument>(
    request: RecordingRequest,
    conversationUuid: string,
    signal: SignalDefinition<[Argument]>,
    argument: Argument,
  ): Promise<void> {
    const { client, taskQueue, graceSeconds } = this.#options;
    const call: RecordedCall = { request, graceSeconds };
    about(callId(conversationUuid));
    try {
      await inTime(client, () =>
        client.workflow.signalWithStart('vonageCall', {
          workflowId: callId(conversationUuid),
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          taskQueue,
          args: [call],
          signal,
          signalArgs: [argument],
          typedSearchAttributes: [
            { key: SEARCH_ATTRIBUTES.channel, value: conversationUuid },
            ...labelAttributes(request),
          ],
          staticSummary: `phone call ${conversationUuid}`,
        }),
      );
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  }
}
