import { DefaultPayloadConverter, type Payload } from '@temporalio/common';

/**
 * As Temporal's own, but what can't be read is `undefined`: a message of somebody else's is then refused like any other
 * wrong one, where an error here would fail the workflow's task again and again, and the session with it.
 */
class LenientPayloadConverter extends DefaultPayloadConverter {
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the SDK's own signature
  override fromPayload<T>(payload: Payload): T {
    try {
      return super.fromPayload(payload);
    } catch {
      return super.fromPayload(super.toPayload(undefined));
    }
  }
}

export const payloadConverter = new LenientPayloadConverter();
