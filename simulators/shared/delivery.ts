import { setTimeout as sleep } from 'node:timers/promises';

/** A message on its way to the caller, whatever number of times it is sent. */
type Message = {
  /** The fault that it meets. */
  readonly fault: { readonly kind: string; readonly ms?: number } | undefined;
  /** Before each retry. */
  readonly retryGapsMs: readonly number[];
  /** Aborted when the simulator closes. */
  readonly closing: AbortSignal;
  /** Records an attempt, from 1, whose status is filled in when it is answered. */
  readonly record: (attempt: number) => { status: number | null };
  /** The status of the answer, null without one in time. */
  readonly post: () => Promise<number | null>;
  readonly isReceived: (status: number) => boolean;
  readonly changed: () => void;
};

/** Sends a message until it is received or given up, in the way that its fault wants it. */
export async function deliverMessage(message: Message): Promise<void> {
  const { fault, closing } = message;
  if (fault?.kind === 'lost') {
    message.record(1);
    return;
  }
  if (fault?.kind === 'delayed') await pause(closing, fault.ms);
  await sendUntilReceived(message);
  if (fault?.kind === 'duplicated') await sendUntilReceived(message);
}

async function sendUntilReceived(message: Message): Promise<void> {
  for (const [retries, gapMs] of [0, ...message.retryGapsMs].entries()) {
    await pause(message.closing, gapMs);
    if (message.closing.aborted) return;
    const entry = message.record(retries + 1);
    entry.status = await message.post();
    message.changed();
    if (entry.status !== null && message.isReceived(entry.status)) return;
  }
}

type Post = {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly withinMs: number;
  readonly closing: AbortSignal;
};

/** Posts JSON; the status of the answer, null without one in time. */
export async function postJson(
  url: string,
  { headers, body, withinMs, closing }: Post,
): Promise<number | null> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([closing, AbortSignal.timeout(withinMs)]),
    });
    await response.body?.cancel();
    return response.status;
  } catch {
    return null;
  }
}

/** Ends early, without an error, when the simulator closes. */
export async function pause(closing: AbortSignal, ms?: number): Promise<void> {
  await sleep(ms, undefined, { signal: closing, ref: false }).catch(() => undefined);
}
