/** The codes of "Error responses" (S3 API reference) that the simulator knows, with their status and words. */
const ERRORS = {
  AccessDenied: [403, 'Access Denied'],
  AuthorizationHeaderMalformed: [400, 'The authorization header is malformed.'],
  AuthorizationQueryParametersError: [400, 'The presigned query is malformed.'],
  BadDigest: [400, 'The checksum you specified did not match what we received.'],
  BucketAlreadyOwnedByYou: [
    409,
    'Your previous request to create the named bucket succeeded and you already own it.',
  ],
  EntityTooSmall: [
    400,
    'Your proposed upload is smaller than the minimum allowed object size: only the last part may have less than 5 MiB.',
  ],
  IllegalLocationConstraintException: [
    400,
    "The specified location constraint is not this endpoint's region.",
  ],
  IncompleteBody: [
    400,
    'You did not provide the number of bytes that your headers specify, or not in their format.',
  ],
  InternalError: [500, 'We encountered an internal error. Please try again.'],
  InvalidAccessKeyId: [403, 'The AWS access key ID you provided does not exist in our records.'],
  InvalidArgument: [400, 'Invalid argument.'],
  InvalidBucketName: [400, 'The specified bucket is not valid.'],
  InvalidPart: [
    400,
    'One or more of the specified parts could not be found, or its ETag or checksum did not match.',
  ],
  InvalidPartOrder: [
    400,
    'The list of parts was not in ascending order. Parts must be ordered by part number.',
  ],
  InvalidRange: [416, 'The requested range is not satisfiable.'],
  InvalidRequest: [400, 'Invalid request.'],
  InvalidURI: [400, "Couldn't parse the specified URI."],
  KeyTooLongError: [400, 'Your key is too long: more than 1024 bytes.'],
  MalformedTrailerError: [400, 'The trailer is not what the headers announced.'],
  MalformedXML: [400, 'The XML you provided was not well-formed or did not validate.'],
  MethodNotAllowed: [405, 'The specified method is not allowed against this resource.'],
  MissingContentLength: [411, 'You must provide the Content-Length HTTP header.'],
  NoSuchBucket: [404, 'The specified bucket does not exist.'],
  NoSuchKey: [404, 'The specified key does not exist.'],
  NoSuchLifecycleConfiguration: [404, 'The lifecycle configuration does not exist.'],
  NoSuchUpload: [
    404,
    'The specified multipart upload does not exist: it may have been aborted or completed.',
  ],
  NotModified: [304, 'Not Modified'],
  NotImplemented: [501, 'You asked for functionality that this S3 does not implement.'],
  PreconditionFailed: [412, 'At least one of the preconditions that you specified did not hold.'],
  RequestTimeTooSkewed: [
    403,
    "The difference between the request time and the server's time is too large.",
  ],
  SignatureDoesNotMatch: [
    403,
    'The request signature we calculated does not match the signature you provided.',
  ],
  SlowDown: [503, 'Please reduce your request rate.'],
  XAmzContentSHA256Mismatch: [
    400,
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
  ],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export type S3ErrorCode = keyof typeof ERRORS;

/** A request refused, as S3 says it. */
export class S3Error extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: S3ErrorCode, detail?: string) {
    super(detail ?? ERRORS[code][1]);
    this.code = code;
    this.status = ERRORS[code][0];
  }
}

/** What a failure with this status is called when nothing else is said of it. */
export function errorOfStatus(status: number): { readonly code: string; readonly message: string } {
  const known = Object.entries(ERRORS).filter(([, [each]]) => each === status);
  const [code, [, message]] = known.find(
    ([name]) => name === 'AccessDenied' || name === 'NoSuchKey',
  ) ??
    known[0] ?? ['UnknownError', [status, `HTTP ${status}`]];
  return { code, message };
}
