import {
  CancellationScope,
  condition,
  ParentClosePolicy,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { Collection } from '../domain/task.ts';
import type { CallbacksLeft } from './callbacks.ts';
import { collectTranscript } from './collect-transcript.ts';
import { collecting } from './collecting.ts';
import { collectionId } from './messages.ts';
import type { SessionRecord } from './session-record.ts';

/** A history that long takes no more hints: each costs ten events, and what is waited for is looked for anyway. */
const MOST_EVENTS = 2_000;

/** What is left to do for a session that is over: to collect its transcript, part of which may still have to come. */
export class TranscriptCollection {
  readonly #record: SessionRecord;
  #hints = 0;
  #isToMakeWay = false;

  constructor(record: SessionRecord) {
    this.#record = record;
  }

  /** Something happened at the vendor: what there is is looked at now. */
  lookNow(): void {
    if (workflowInfo().historyLength < MOST_EVENTS) this.#hints += 1;
  }

  /** The session's id is wanted for another one. */
  makeWay(): void {
    this.#isToMakeWay = true;
  }

  /** Collects what there is to collect: here, or in a workflow of its own once the session is to make way. */
  async finish(): Promise<void> {
    const { collection } = this.#record;
    if (collection === null) return;
    this.#record.collects();
    for (;;) {
      const seen = this.#hints;
      const scope = new CancellationScope();
      const collected = scope.run(() => collecting(collection));
      const isInterrupted = () => this.#isToMakeWay || this.#hints > seen;
      const transcript = await Promise.race([collected, condition(isInterrupted)]);
      scope.cancel();
      if (transcript) return this.#record.transcribed(transcript);
      await collected.catch(() => undefined);
      if (this.#isToMakeWay) return goOnElsewhere(collection, this.#record.callbacks.left);
    }
  }
}

async function goOnElsewhere(collection: Collection, callbacks?: CallbacksLeft): Promise<void> {
  const { sessionId, firstRunId, endedAt } = collection;
  await startChild(collectTranscript, {
    workflowId: collectionId(sessionId, firstRunId),
    parentClosePolicy: ParentClosePolicy.ABANDON,
    staticSummary: `the transcript of ${sessionId}, which ended at ${endedAt}`,
    args: callbacks === undefined ? [collection] : [collection, callbacks],
  });
}
