/** What Temporal keeps is encrypted by a key that this process does not have, or was changed: its message names the key. */
export class UnreadablePayload extends Error {
  override readonly name = 'UnreadablePayload';
}
