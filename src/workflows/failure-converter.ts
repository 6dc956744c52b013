import {
  DefaultFailureConverter,
  type PayloadConverter,
  type ProtoFailure,
  type SerializationContext,
} from '@temporalio/common';

/** Of a failure above 4 KiB Temporal drops what is encoded, which are its words. */
const STACK_TRACE_LENGTH = 1_000;

/** As Temporal's own, but puts messages and stack traces into payloads, which a codec then encrypts. */
class EncodingFailureConverter extends DefaultFailureConverter {
  constructor() {
    super({ encodeCommonAttributes: true });
  }

  /** A copy, for what is encoded loses its words, and may be encoded again. */
  override errorToFailureInner(
    error: unknown,
    payloadConverter: PayloadConverter,
    context?: SerializationContext,
  ): ProtoFailure {
    const failure = super.errorToFailureInner(error, payloadConverter, context);
    return { ...failure, stackTrace: failure.stackTrace?.slice(0, STACK_TRACE_LENGTH) };
  }
}

export const failureConverter = new EncodingFailureConverter();
