import { recordingForm } from '../ncco.ts';
import type { RecordAction } from '../ncco.ts';
import type { CallContext, PhoneCall } from '../phone-call.ts';
import { recordingPayload } from '../webhooks/events.ts';
import { given, synthesised } from './audio.ts';

/** Keeps the recording of a call, and returns what its webhook tells. */
export function keepRecording(
  { files, publicUrl, now }: Pick<CallContext, 'files' | 'publicUrl' | 'now'>,
  call: PhoneCall,
  action: RecordAction,
): Record<string, unknown> {
  const { wanted, entry, caller, recordingUuid, fileId, startedAtMs } = call;
  const asked = recordingForm(action);
  const form = { format: asked.format, channels: wanted.channels ?? asked.channels };
  const durationSeconds = Math.min(wanted.durationSeconds, action.timeOut ?? Infinity);
  const { sizeBytes, wavHeader } = wanted;
  const recipe = { ...form, durationSeconds, sizeBytes, wavHeader };
  const audio = wanted.audio ? given(form.format, wanted.audio) : synthesised(recipe);
  const { conversationUuid, from } = caller;
  const nowMs = now();
  const recordedAtMs = nowMs;
  const availableAtMs = nowMs + wanted.availableAfterMs;
  files.add(
    { fileId, recordingUuid, conversationUuid, from, audio, recordedAtMs, availableAtMs },
    wanted.audio ? null : recipe,
  );
  const url = `${publicUrl()}/v1/files/${fileId}`;
  entry.recording = { recordingUuid, url, ...form, size: audio.size };
  const { announced } = wanted;
  return recordingPayload(
    {
      recordingUuid,
      url: announced.url ?? url,
      size: announced.size ?? audio.size,
      conversationUuid: announced.conversationUuid ?? conversationUuid,
    },
    { startedAtMs, endedAtMs: startedAtMs + durationSeconds * 1000 },
  );
}
