import { synthesised } from '../../simulators/vonage/recordings/audio.ts';

/** A recording of 5 s, as MP3. */
export function audio(channels: number): Buffer {
  const file = synthesised({
    format: 'mp3',
    channels,
    durationSeconds: 5,
    sizeBytes: undefined,
    wavHeader: 'plain',
  });
  return Buffer.concat([...file.pieces(0, file.size)]);
}
