import { defaultPayloadConverter, type Payload, type PayloadConverter } from '@temporalio/common';

/**
 * As Temporal's own, but what can't be read is `undefined`: a message of somebody else's is then refused like any other
 * wrong one, where an error here would fail the workflow's task again and again, and the session with it.
 */
export const payloadConverter: PayloadConverter = {
  toPayload: (value) => defaultPayloadConverter.toPayload(value),
  fromPayload<T>(payload: Payload): T {
    try {
      return defaultPayloadConverter.fromPayload(payload);
    } catch {
      return defaultPayloadConverter.fromPayload(NOTHING);
    }
  },
};

const NOTHING = defaultPayloadConverter.toPayload(undefined);
