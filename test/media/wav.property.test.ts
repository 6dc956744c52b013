import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { containerOf, looksLike } from '../../src/media/containers.ts';
import { splitWav } from '../../src/media/split-wav.ts';
import { wavHeaderOf } from '../../src/media/wav.ts';
import { ProviderError } from '../../src/providers/errors.ts';
import { chunk, monosOf, noise, readMono, wavFile } from './wav-files.ts';

/** `file` in pieces that end at the given places. */
function inPieces(file: Buffer, ends: readonly number[]): Buffer[] {
  const cuts = [...new Set(ends.map((end) => end % (file.length + 1)))].toSorted((a, b) => a - b);
  return [...cuts, file.length].map((end, index) => file.subarray(cuts[index - 1] ?? 0, end));
}

async function monosIn(file: Buffer, pieces: readonly Buffer[], fileBytes: number | null) {
  const header = wavHeaderOf(file);
  if (header === null || header === 'broken') return null;
  const monos: Buffer[] = [];
  await splitWav(Readable.from(pieces), header, fileBytes, async (mono, channel) => {
    monos[channel] = await buffer(mono);
  });
  return monos;
}

test('a WAV is split into the same channels, in whatever pieces it comes', async () => {
  const shapes = fc.record({
    channels: fc.integer({ min: 1, max: 8 }),
    samples: fc.nat(200),
    junk: fc.nat(20),
    ends: fc.array(fc.nat(5_000), { maxLength: 20 }),
  });
  await fc.assert(
    fc.asyncProperty(shapes, async ({ channels, samples, junk, ends }) => {
      const data = noise(channels, samples + 1);
      const between = [chunk('LIST', Buffer.alloc(junk, 1))];
      const file = wavFile({ channels, data, between, after: Buffer.alloc(junk, 2) });
      const monos = await monosIn(file, inPieces(file, ends), file.length);
      expect(monos?.map(readMono)).toEqual(monosOf(data, channels));
    }),
  );
});

test('the header of a WAV is told, awaited or broken, whatever it says', async () => {
  const valid = wavFile({ channels: 4, data: noise(4, 20) });
  const changes = fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(changes, fc.nat(valid.length), async (changed, length) => {
      const file = Buffer.from(valid.subarray(0, length));
      for (const [at, byte] of changed) if (at < length) file[at] = byte;
      const header = wavHeaderOf(file);
      if (header === null || header === 'broken') return;
      expect(header.dataStart).toBeLessThanOrEqual(file.length);
      if (!header.isPcm16 || header.channels > 32 || header.channels === 0) return;
      try {
        expect(await monosIn(file, [file], null)).toHaveLength(header.channels);
      } catch (error) {
        expect(error).toBeInstanceOf(ProviderError);
      }
    }),
    { numRuns: 500 },
  );
});

test('any bytes are known as something', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 600 }),
    fc
      .constantFrom('RIFF', '<', '{', 'ID3', '\0\0\0\0ftyp', '\uFFFF')
      .map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(bytes, (some) => {
      const head = Buffer.from(some);
      expect(containerOf(head) ?? looksLike(head)).toBeTruthy();
    }),
  );
});
