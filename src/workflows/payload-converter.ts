import {
  DefaultPayloadConverter,
  type ConverterHint,
  type Payload,
  type SerializationContext,
} from '@temporalio/common';

/**
 * As Temporal's own, but of what a workflow is sent, what can't be read is `undefined`: a message of somebody else's is
 * then refused like any other wrong one, where an error here would fail the workflow's task again and again, and the
 * session with it. A stop is obeyed all the same, without its reason.
 *
 * What an activity is given, or gives, is ours: where that can't be read, by a worker without the key of a codec, say,
 * it stays an error, and is tried again.
 */
class LenientPayloadConverter extends DefaultPayloadConverter {
  override fromPayload<T>(
    payload: Payload,
    context?: SerializationContext,
    hint?: ConverterHint<T>,
  ): T {
    try {
      return super.fromPayload(payload, context, hint);
    } catch (error) {
      if (context?.type === 'activity') throw error;
      return super.fromPayload(super.toPayload(undefined));
    }
  }
}

export const payloadConverter = new LenientPayloadConverter();
