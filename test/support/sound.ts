import { synthesised } from '../../simulators/vonage/recordings/audio.ts';
import { AUDIO_BUCKET, type Stack } from './stack.ts';

/** Puts a recording of five seconds into the bucket for recordings, and returns its URI. */
export async function givenRecording({ s3 }: Stack, name: string): Promise<string> {
  const { size, pieces } = synthesised({
    format: 'mp3',
    channels: 2,
    durationSeconds: 5,
    sizeBytes: undefined,
    wavHeader: 'plain',
  });
  await s3.put(AUDIO_BUCKET, name, Buffer.concat([...pieces(0, size)]), 'audio/mpeg');
  return `s3://${AUDIO_BUCKET}/${name}`;
}
