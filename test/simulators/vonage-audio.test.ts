import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { CallRequest } from '../../simulators/vonage/call-request.ts';
import { toneHertz } from '../../simulators/vonage/recordings/wav.ts';
import { recorded } from './vonage-application.ts';
import type { Json } from './vonage-application.ts';

describe('audio', () => {
  test('of MP3 is frames of 32 kbit/s after a tag', async () => {
    const { bytes } = await audioOf({ durationSeconds: 36 });
    expect(bytes.toString('latin1', 0, 3)).toBe('ID3');
    const frames = bytes.subarray(10 + (bytes[9] ?? 0));
    expect(frames.length).toBe(1_000 * 144);
    for (let at = 0; at < frames.length; at += 144) {
      expect(frames.readUInt32BE(at)).toBe(0xff_f3_48_04);
    }
  });

  test.each([1, 2, 5])('of WAV has a tone of its own on each of %i channels', async (channels) => {
    const { bytes } = await audioOf({ durationSeconds: 3 }, { format: 'wav', channels });
    expect(bytes.toString('latin1', 0, 4)).toBe('RIFF');
    expect(bytes.readUInt32LE(4)).toBe(bytes.length - 8);
    expect(bytes.toString('latin1', 8, 16)).toBe('WAVEfmt ');
    expect(bytes.readUInt16LE(22)).toBe(channels);
    expect(bytes.readUInt32LE(24)).toBe(16_000);
    expect(bytes.readUInt16LE(34)).toBe(16);
    expect(bytes.toString('latin1', 36, 40)).toBe('data');
    expect(bytes.readUInt32LE(40)).toBe(3 * 16_000 * 2 * channels);
    for (let channel = 0; channel < channels; channel += 1) {
      expect(risesOf(bytes.subarray(44), channel, channels)).toBe(3 * toneHertz(channel));
    }
  });

  test('of WAV may have a longer head, or one that does not know the length', async () => {
    const wav = { format: 'wav', channels: 4 };
    const extensible = await audioOf({ durationSeconds: 1, wavHeader: 'extensible' }, wav);
    expect(extensible.bytes.readUInt16LE(20)).toBe(0xff_fe);
    const data = extensible.bytes.indexOf('data');
    expect(extensible.bytes.readUInt32LE(4)).toBe(extensible.bytes.length - 8);
    expect(extensible.bytes.readUInt32LE(data + 4)).toBe(extensible.bytes.length - data - 8);
    const streamed = await audioOf({ durationSeconds: 1, wavHeader: 'streamed' }, wav);
    expect(streamed.bytes.readUInt32LE(40)).toBe(0xff_ff_ff_ff);
  });

  test('may be given', async () => {
    const audio = Buffer.from('these are no sounds');
    const { bytes, size } = await audioOf({ audio });
    expect(size).toBe(audio.length);
    expect(digest(bytes)).toBe(digest(audio));
  });

  test('may have other channels than were asked for', async () => {
    const { bytes } = await audioOf({ durationSeconds: 1, channels: 3 }, { format: 'wav' });
    expect(bytes.readUInt16LE(22)).toBe(3);
  });
});

async function audioOf(call: CallRequest, record: Json = {}) {
  const { application, url, size } = await recorded(call, {}, record);
  const bytes = Buffer.from(await (await application.download(url)).arrayBuffer());
  return { bytes, size };
}

/** How often a channel goes from below zero to zero or above, which a tone does once a period. */
function risesOf(samples: Buffer, channel: number, channels: number): number {
  let rises = 0;
  let before = -1;
  for (let at = channel * 2; at < samples.length; at += channels * 2) {
    const value = samples.readInt16LE(at);
    if (before < 0 && value >= 0) rises += 1;
    before = value;
  }
  return rises;
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
