import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Fault as AgoraFault } from '../../simulators/agora/faults.ts';
import type { Fault as VideosdkFault } from '../../simulators/videosdk/faults.ts';
import { strike, type Target } from './blows.ts';
import { insist, seen } from './caller.ts';
import type { Ending, Scene, Step } from './scene.ts';
import type { Theatre } from './theatre.ts';

/** From the start of a task to its first update, and between two (Agora, "the interval between two update calls"). */
const SPACING_MS = 5_000;
const FIRST = ['en-US'];
const CHANGED = ['fr-FR'];

export const LIVE_PROVIDERS = ['agora', 'agora-legacy', 'videosdk'] as const;
type LiveProvider = (typeof LIVE_PROVIDERS)[number];

/** What is asked of the vendor at each step of a live session, in the order of its life. */
type LiveStep = Step & {
  readonly target: (channel: string, taskId: string) => Target;
  /** Whether the session is to have captions, and so a transcript. */
  readonly hasCaptions?: true;
  /** What has to have been before: nothing, a task that runs, or one that takes an update now. */
  readonly after: 'nothing' | 'running' | 'spaced';
  readonly by: 'start' | 'lost start' | 'failed task' | 'change' | 'watch' | 'stop';
};

const started = { after: 'nothing', by: 'start', hasEffect: true } as const;
const watched = { after: 'running', by: 'watch', hasEffect: false } as const;
const changed = { after: 'spaced', by: 'change', hasEffect: true } as const;
const stopped = { after: 'running', by: 'stop', hasEffect: true } as const;

const ofAgora = (operation: AgoraFault['operation']) => (channel: string) =>
  ({ vendor: 'agora', operation, channel }) as const;
const ofVideosdk = (operation: VideosdkFault['operation']) => (roomId: string) =>
  ({ vendor: 'videosdk', operation, roomId }) as const;

export const LIVE_STEPS: Readonly<Record<LiveProvider, readonly LiveStep[]>> = {
  agora: [
    { name: 'join', target: ofAgora('join'), ...started },
    {
      name: 'list after a lost join',
      target: ofAgora('list'),
      after: 'nothing',
      by: 'lost start',
      hasEffect: false,
    },
    { name: 'query (watch)', target: ofAgora('query'), ...watched },
    { name: 'update', target: ofAgora('update'), ...changed },
    {
      name: 'join after the task failed',
      target: ofAgora('join'),
      after: 'running',
      by: 'failed task',
      hasEffect: true,
    },
    { name: 'leave', target: ofAgora('leave'), ...stopped },
    {
      name: 'get captions',
      target: (channel, taskId) => ({
        vendor: 's3',
        operation: 'GetObject',
        keyPrefix: `durascribe/${taskId}_${channel}.m3u8`,
      }),
      ...stopped,
      hasEffect: false,
      isAfterEnd: true,
      hasCaptions: true,
    },
  ],
  'agora-legacy': [
    // Its request has a name that nobody can tell before it comes.
    {
      name: 'acquire',
      target: () => ({ vendor: 'agora', operation: 'acquire', channel: null }),
      ...started,
      hasEffect: false,
      isAnonymous: true,
    },
    { name: 'start', target: ofAgora('start'), ...started },
    { name: 'query (watch)', target: ofAgora('legacy-query'), ...watched },
    { name: 'update', target: ofAgora('legacy-update'), ...changed },
    { name: 'stop', target: ofAgora('legacy-stop'), ...stopped },
  ],
  videosdk: [
    { name: 'start', target: ofVideosdk('start'), ...started },
    {
      name: 'list after a lost start',
      target: ofVideosdk('list'),
      after: 'nothing',
      by: 'lost start',
      hasEffect: false,
    },
    { name: 'fetch (watch)', target: ofVideosdk('fetch'), ...watched },
    { name: 'list before the end', target: ofVideosdk('list'), ...stopped, hasEffect: false },
    { name: 'end', target: ofVideosdk('end'), ...stopped },
    {
      name: 'file (transcript)',
      target: ofVideosdk('file'),
      ...stopped,
      hasEffect: false,
      isAfterEnd: true,
    },
  ],
};

/** A session of a live room, hit at `step`. */
export class LiveScene implements Scene {
  readonly sessionId: string;
  readonly #theatre: Theatre;
  readonly #provider: LiveProvider;
  readonly #channel: string;
  readonly step: LiveStep;
  #accepted = FIRST;

  constructor(theatre: Theatre, provider: LiveProvider, step: LiveStep, channel: string) {
    this.#theatre = theatre;
    this.#provider = provider;
    this.step = step;
    this.#channel = channel;
    this.sessionId = `${provider}:${channel}`;
  }

  get #path(): string {
    return `/v1/sessions/${encodeURIComponent(this.sessionId)}`;
  }

  get #tasks() {
    const { simulator, videosdk } = this.#theatre.stack;
    return this.#provider === 'videosdk'
      ? videosdk.ledger(this.#channel).tasks.map((task) => ({ ...task, languages: null }))
      : simulator.ledger(this.#channel).tasks.map((task) => ({ ...task, id: task.agentId }));
  }

  target(): Target {
    return this.step.target(this.#channel, this.#tasks[0]?.id ?? '');
  }

  async lead(): Promise<void> {
    const { by, after } = this.step;
    if (by === 'lost start') {
      const start = this.#provider === 'videosdk' ? ofVideosdk('start') : ofAgora('join');
      strike(this.#theatre.stack, start(this.#channel), { kind: 'cut', moment: 'after' });
    }
    if (after === 'nothing') return;
    await this.#start();
    await this.#until({ status: 'running' });
    if (after === 'spaced') await sleep(SPACING_MS);
  }

  async trigger(): Promise<void> {
    switch (this.step.by) {
      case 'start':
      case 'lost start':
        return this.#start();
      case 'failed task':
        return this.#failTask();
      case 'change':
        return this.#change();
      case 'watch':
        return;
      case 'stop':
        return this.#stop();
    }
  }

  async conclude(): Promise<void> {
    if (this.step.by !== 'stop') {
      await this.#until({ status: 'running' });
      if (this.#provider !== 'videosdk') {
        if (this.step.by !== 'change') await this.#change();
        await this.#until({ applied: { languages: this.#accepted } });
      }
      await this.#stop();
    }
    await this.#until({ status: 'stopped', endReason: 'requested' });
    const { hasCaptions } = this.step;
    if (hasCaptions || this.#provider === 'videosdk') {
      await this.#until({ transcript: expect.anything() });
    }
    await this.#theatre.toldOfEnd(this.sessionId);
  }

  verdict(how: Ending): string[] {
    const tasks = this.#tasks;
    const expected = this.step.by === 'failed task' ? 2 : 1;
    const running = tasks.filter(({ endedAt }) => endedAt === null).length;
    const applied = tasks.at(-1)?.languages;
    const broken = this.#violations(how).map((violation) => `rule broken: ${violation}`);
    const isEnough = how !== 'ordinary' ? tasks.length <= expected : tasks.length === expected;
    return [
      ...(isEnough ? [] : [`${tasks.length} tasks were billed instead of ${expected}`]),
      ...(running === 0 ? [] : [`${running} tasks were left running`]),
      ...(how === 'ordinary' && applied && String(applied) !== String(this.#accepted)
        ? [`${String(applied)} is applied instead of ${String(this.#accepted)}`]
        : []),
      ...broken,
    ];
  }

  /** A start of the legacy API is repeated where its answer came after an operator's end: nothing else tells its task. */
  #violations(how: Ending): string[] {
    const { simulator, videosdk } = this.#theatre.stack;
    const { violations } =
      this.#provider === 'videosdk'
        ? videosdk.ledger(this.#channel)
        : simulator.ledger(this.#channel);
    return violations
      .filter(({ rule }) => how === 'ordinary' || rule !== 'start-repeated')
      .map(({ rule, detail }) => `${rule} (${detail})`);
  }

  async #start(): Promise<void> {
    const room =
      this.#provider === 'videosdk'
        ? { roomId: this.#channel }
        : { channel: this.#channel, languages: FIRST };
    const captions = this.step.hasCaptions ? { captions: { sliceSeconds: 5 } } : {};
    const body = {
      provider: this.#provider,
      ...room,
      ...captions,
      callbackUrl: this.#theatre.callbackUrl,
    };
    const { status } = await insist(this.#theatre.stack, 'POST', '/v1/sessions', body);
    accepted(status);
  }

  /** The vendor's task fails by itself: the session starts another one. */
  async #failTask(): Promise<void> {
    const [task] = this.#tasks;
    this.#theatre.stack.simulator.endTask(task?.id ?? '', 'failed');
  }

  async #change(): Promise<void> {
    const { status } = await insist(this.#theatre.stack, 'PATCH', this.#path, {
      languages: CHANGED,
    });
    accepted(status);
    this.#accepted = CHANGED;
  }

  async #stop(): Promise<void> {
    const { status } = await insist(this.#theatre.stack, 'POST', `${this.#path}/stop`);
    accepted(status);
  }

  async #until(expected: Record<string, unknown>): Promise<void> {
    await seen(this.#theatre.stack, this.sessionId, expected);
  }
}

function accepted(status: number): void {
  if (status >= 300) throw new Error(`the API answered ${status}`);
}
