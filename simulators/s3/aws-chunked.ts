import { S3Error } from './errors.ts';

const MAX_LINE = 8_192;

/**
 * The content of an `aws-chunked` body, whose chunks are `size CRLF data CRLF`, the last one empty
 * and followed by trailers. These are in `trailers`, by lower-case name, once all was read.
 */
export async function* unchunked(
  source: AsyncIterable<Buffer>,
  trailers: Map<string, string>,
): AsyncGenerator<Buffer> {
  const reader = new Reader(source);
  for (;;) {
    const [, hex] = /^([\da-f]{1,12})$/i.exec(await reader.line()) ?? [];
    if (hex === undefined) throw new S3Error('IncompleteBody');
    const size = Number.parseInt(hex, 16);
    if (size === 0) break;
    yield* reader.bytes(size);
    if ((await reader.line()) !== '') throw new S3Error('IncompleteBody');
  }
  for (let line = await reader.line(); line !== ''; line = await reader.line()) {
    const [, name, value] = /^([\w-]+):(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new S3Error('MalformedTrailerError');
    trailers.set(name.toLowerCase(), value.trim());
  }
}

class Reader {
  readonly #source: AsyncIterator<Buffer>;
  #held = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    for (;;) {
      const end = this.#held.indexOf('\r\n');
      if (end !== -1) {
        const text = this.#held.toString('latin1', 0, end);
        this.#held = this.#held.subarray(end + 2);
        return text;
      }
      if (this.#held.length > MAX_LINE) throw new S3Error('IncompleteBody');
      this.#held = Buffer.concat([this.#held, await this.#more()]);
    }
  }

  async *bytes(count: number): AsyncGenerator<Buffer> {
    let missing = count;
    while (missing > 0) {
      if (this.#held.length === 0) this.#held = Buffer.from(await this.#more());
      const piece = this.#held.subarray(0, missing);
      this.#held = this.#held.subarray(piece.length);
      missing -= piece.length;
      yield piece;
    }
  }

  async #more(): Promise<Buffer> {
    const next = await this.#source.next();
    if (next.done) throw new S3Error('IncompleteBody');
    return next.value;
  }
}
