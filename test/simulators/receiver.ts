import type { IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { listen } from '../support/listen.ts';

export type Received = {
  readonly raw: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
};

/** How a receiver answers: with a status, or never. */
export type Reaction = number | 'hang';

/** A receiver of JSON messages that reacts in one way after the other, the last for ever. */
export async function receiver(
  ...reactions: readonly Reaction[]
): Promise<{ readonly url: string; readonly received: Received[] }> {
  const received: Received[] = [];
  const url = await listen(async (request, response) => {
    const raw = await text(request);
    received.push({ raw, headers: request.headers, body: JSON.parse(raw) });
    const reaction = reactions[received.length - 1] ?? reactions.at(-1) ?? 200;
    if (reaction !== 'hang') response.writeHead(reaction).end();
  });
  return { url: `${url}/webhooks`, received };
}
