import { codeOfStatus, failureMessage, orClock, skewOf } from '../interface/failure-message.ts';
import { ObjectError, type ObjectErrorCode } from '../interface/object-error.ts';

/** What the SDK's errors have in common. */
interface SdkError {
  readonly name?: string;
  readonly Code?: string;
  readonly code?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

/** The store's own words for what went wrong; an answer without any has only its status. */
const CODES: Readonly<Record<string, ObjectErrorCode>> = {
  AccessDenied: 'denied',
  AccountProblem: 'denied',
  AllAccessDisabled: 'denied',
  AccessForbidden: 'denied',
  AuthorizationHeaderMalformed: 'credentials',
  CredentialsProviderError: 'credentials',
  ExpiredToken: 'credentials',
  InvalidAccessKeyId: 'credentials',
  InvalidToken: 'credentials',
  SignatureDoesNotMatch: 'credentials',
  TokenProviderError: 'credentials',
  TokenRefreshRequired: 'credentials',
  XAdminUserNotFound: 'credentials',
  RequestTimeTooSkewed: 'clock',
  RequestExpired: 'clock',
  NoSuchBucket: 'no_bucket',
  NoSuchKey: 'not_found',
  NoSuchUpload: 'not_found',
  NotFound: 'not_found',
  QuotaExceeded: 'quota',
  QuotaExceededException: 'quota',
  InsufficientStorage: 'quota',
  NoSpaceLeft: 'quota',
  XMinioStorageFull: 'quota',
  XMinioAdminBucketQuotaExceeded: 'quota',
  PreconditionFailed: 'exists',
  ConditionalRequestConflict: 'exists',
  // What a broken transfer leads to.
  BadDigest: 'temporary',
  IncompleteBody: 'temporary',
  InvalidChecksum: 'temporary',
  RequestTimeout: 'temporary',
  SlowDown: 'temporary',
  ThrottlingException: 'temporary',
  XAmzContentChecksumMismatch: 'temporary',
  XAmzContentSHA256Mismatch: 'temporary',
};

const VARIABLES = 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE';

/** The ObjectError for what the SDK has thrown. Its message ends with what to do, and holds no credentials. */
export function toObjectError(error: unknown, bucket: string): ObjectError {
  if (error instanceof ObjectError) return error;
  const sdkError = (error ?? {}) as SdkError;
  const status = sdkError.$metadata?.httpStatusCode;
  const name = nameOf(sdkError);
  if (name === 'CredentialsProviderError') {
    return new ObjectError('credentials', `no credentials were found; set ${VARIABLES}`);
  }
  const skew = skewOf(sdkError.$response?.headers?.['date']);
  const code = orClock(CODES[name] ?? codeOfStatus(status), skew);
  const message = failureMessage(code, {
    found: status === undefined ? name : `${name}, HTTP ${status}`,
    skew,
    place: `bucket '${bucket}'`,
    credentials: VARIABLES,
    suspects: 'AWS_REGION, AWS_ENDPOINT_URL and the name of the bucket',
  });
  return new ObjectError(code, message);
}

function nameOf({ name, Code, code }: SdkError): string {
  const word = [Code, code, name].find((each) => each !== undefined && each !== 'Error') ?? 'Error';
  return /^[\w.-]{1,60}$/.test(word) ? word : 'Error';
}
