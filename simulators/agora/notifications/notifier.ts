import type { z } from 'zod';
import type { Faults } from '../faults.ts';
import type { Task, Tasks } from '../tasks.ts';
import { deliver, newNotice, settingsSchema } from './delivery.ts';
import type { DeliveryContext, Settings } from './delivery.ts';
import { EVENTS, eventsUntil, payloadOf } from './events.ts';
import type { EventType } from './events.ts';

const LOOK_EVERY_MS = 25;

/** Where notifications go, and with which secret they are signed. */
export type NotificationSettings = z.input<typeof settingsSchema>;

type NotifierContext = Omit<DeliveryContext, 'closing'> & {
  readonly tasks: Tasks;
  readonly faults: Faults;
};

/** Agora's notification service (NCS) for the tasks of the v7 API. */
export class Notifier {
  readonly #context: NotifierContext;
  readonly #closing = new AbortController();
  /** The tasks that live, or have just ended, with the events that are no longer due. */
  readonly #watched = new Map<Task, Set<EventType>>();
  #settings: Settings | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(context: NotifierContext) {
    this.#context = context;
  }

  /** What happened until now is not told any more. */
  configure(settings: NotificationSettings | undefined): void {
    this.#settings = settings && settingsSchema.parse(settings);
    clearInterval(this.#timer);
    this.#watched.clear();
    if (!this.#settings) return;
    const { tasks, now } = this.#context;
    for (const task of tasks.all()) {
      if (!task.end) this.#watch(task, eventsUntil(task, now()));
    }
    // The clock may be a test's, so no timer of ours can be set to the moment of an event.
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  /** Follows the life of a task that has just been started. */
  watch(task: Task): void {
    if (this.#settings) this.#watch(task, []);
  }

  /** Sends a notification of something that has just happened, where it is wanted. */
  tell(task: Task, eventType: EventType, payload: object): void {
    if (!this.#settings || task.api !== 'v7') return;
    const { agentId, channel } = task;
    this.#send(this.#settings, task, eventType, { agent_id: agentId, channel, ...payload });
  }

  /** Sends a notification now, whether or not there is a reason; returns its `noticeId`. */
  notify(task: Task, eventType: EventType): string {
    if (!this.#settings) throw new Error('no notifications are configured');
    if (task.api !== 'v7') throw new Error('only tasks of the v7 API have these notifications');
    return this.#send(this.#settings, task, eventType, this.#payload(task, eventType));
  }

  close(): void {
    clearInterval(this.#timer);
    this.#closing.abort();
  }

  #watch(task: Task, told: readonly EventType[]): void {
    if (task.api === 'v7') this.#watched.set(task, new Set(told));
  }

  #look(): void {
    const { tasks, now } = this.#context;
    for (const [task, told] of this.#watched) {
      tasks.settle(task);
      for (const eventType of eventsUntil(task, now())) {
        if (told.has(eventType)) continue;
        told.add(eventType);
        if (!this.#settings) continue;
        this.#send(this.#settings, task, eventType, this.#payload(task, eventType));
      }
      if (task.end && (told.has(EVENTS.left) || task.end.cause === 'vanished')) {
        this.#watched.delete(task);
      }
    }
  }

  #payload(task: Task, eventType: EventType): object {
    const { tasks, now } = this.#context;
    return payloadOf(eventType, task, tasks, now());
  }

  #send(settings: Settings, task: Task, eventType: EventType, payload: object): string {
    const { faults } = this.#context;
    const { agentId, channel } = task;
    const notice = newNotice({ agentId, channel, eventType, payload });
    const fault = faults.take({ operation: 'notification', channel, eventType });
    const context = { ...this.#context, closing: this.#closing.signal };
    void deliver(context, settings, notice, fault);
    return notice.noticeId;
  }
}
