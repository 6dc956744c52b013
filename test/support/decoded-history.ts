import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { z } from 'zod';

const Bytes = z.string().transform((text) => Buffer.from(text, 'base64'));
const PayloadJson = z.strictObject({
  metadata: z.record(z.string(), Bytes),
  data: Bytes.default(Buffer.alloc(0)),
});
const Words = z.object({ message: z.string(), stack_trace: z.string() });

type History = Parameters<typeof historyToJSON>[0];

/** A history as JSON, with every payload decrypted by the codec of `client` and the words of failures where they are shown. */
export async function decodedHistory(client: Client, history: History): Promise<unknown> {
  const json: unknown = JSON.parse(historyToJSON(history));
  return decoded(json, async (payload) => {
    let payloads = [payload];
    const { payloadCodecs } = client.options.loadedDataConverter;
    for (const codec of payloadCodecs.toReversed()) payloads = await codec.decode(payloads);
    return payloads[0] ?? payload;
  });
}

async function decoded(
  value: unknown,
  decode: (payload: Payload) => Promise<Payload>,
): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map((each) => decoded(each, decode)));
  if (typeof value !== 'object' || value === null) return value;
  const payload = PayloadJson.safeParse(value);
  if (payload.success) return jsonOf(await decode(payload.data));
  const entries = await Promise.all(
    Object.entries(value).map(async ([name, each]) => [name, await decoded(each, decode)] as const),
  );
  return withWords(Object.fromEntries(entries));
}

function jsonOf({ metadata, data }: Payload): unknown {
  const entries = Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)]);
  const isEmpty = data === null || data === undefined || data.length === 0;
  return { metadata: Object.fromEntries(entries), ...(isEmpty ? {} : { data: base64(data) }) };
}

/** A failure as it is without encryption. */
function withWords({ encodedAttributes, ...failure }: Record<string, unknown>): unknown {
  const payload = PayloadJson.safeParse(encodedAttributes);
  if (!payload.success) return { ...failure, ...(encodedAttributes ? { encodedAttributes } : {}) };
  const words = Words.parse(JSON.parse(payload.data.data.toString()));
  return { ...failure, message: words.message, stackTrace: words.stack_trace };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
