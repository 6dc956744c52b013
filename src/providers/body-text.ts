import { TextDecoder } from 'node:util';

const MARKS: readonly (readonly [hex: string, charset: string])[] = [
  ['efbbbf', 'utf-8'],
  ['fffe', 'utf-16le'],
  ['feff', 'utf-16be'],
];

/**
 * The text of a body, by its byte order mark or else by the charset of its type (UTF-8 where neither tells); null when
 * it is larger than `maxBytes`, of which no more than that is read.
 */
export async function bodyText(
  { body, headers }: Pick<Response, 'body' | 'headers'>,
  maxBytes: number,
): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) return null;
    chunks.push(chunk);
  }
  return decoded(Buffer.concat(chunks), headers.get('content-type'));
}

function decoded(bytes: Buffer, contentType: string | null): string {
  const begins = bytes.toString('hex', 0, 3);
  const marked = MARKS.find(([hex]) => begins.startsWith(hex))?.[1];
  const [, told] = /charset\s*=\s*"?([\w.:-]+)/i.exec(contentType ?? '') ?? [];
  return decoderOf(marked ?? told ?? 'utf-8').decode(bytes);
}

function decoderOf(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder();
  }
}
