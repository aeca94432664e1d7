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

const STATUSES: Readonly<Record<number, ObjectErrorCode>> = {
  401: 'credentials',
  403: 'denied',
  404: 'not_found',
  408: 'temporary',
  409: 'temporary',
  412: 'exists',
  425: 'temporary',
  429: 'temporary',
  507: 'quota',
};

/** Stores refuse requests whose time differs by a quarter of an hour; some without saying that this is the reason. */
const SKEW_MS = 5 * 60_000;
const MINUTE_MS = 60_000;

/** The ObjectError for what the SDK has thrown. Its message ends with what to do, and holds no credentials. */
export function toObjectError(error: unknown, bucket: string): ObjectError {
  if (error instanceof ObjectError) return error;
  const sdkError = (error ?? {}) as SdkError;
  const status = sdkError.$metadata?.httpStatusCode;
  const name = nameOf(sdkError);
  const skew = skewOf(sdkError);
  const code = codeOf(name, status, skew);
  return new ObjectError(code, messageOf(code, { name, status, skew, bucket }));
}

function nameOf({ name, Code, code }: SdkError): string {
  const word = [Code, code, name].find((each) => each !== undefined && each !== 'Error') ?? 'Error';
  return /^[\w.-]{1,60}$/.test(word) ? word : 'Error';
}

/** Minutes between this machine's clock and the store's; null if the answer has no date, or there was none. */
function skewOf({ $response }: SdkError): number | null {
  const date = Date.parse($response?.headers?.['date'] ?? '');
  return Number.isNaN(date) ? null : (Date.now() - date) / MINUTE_MS;
}

function codeOf(name: string, status: number | undefined, skew: number | null): ObjectErrorCode {
  const code = CODES[name] ?? byStatus(status);
  const isRefusal = code === 'denied' || code === 'credentials';
  return isRefusal && skew !== null && Math.abs(skew) * MINUTE_MS > SKEW_MS ? 'clock' : code;
}

function byStatus(status: number | undefined): ObjectErrorCode {
  // No answer: the connection failed.
  if (status === undefined || status >= 500) return STATUSES[status ?? 0] ?? 'temporary';
  return STATUSES[status] ?? (status < 300 ? 'temporary' : 'refused');
}

interface Found {
  readonly name: string;
  readonly status: number | undefined;
  readonly skew: number | null;
  readonly bucket: string;
}

function messageOf(code: ObjectErrorCode, { name, status, skew, bucket }: Found): string {
  const found = status === undefined ? name : `${name}, HTTP ${status}`;
  const variables = 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE';
  switch (code) {
    case 'credentials':
      return name === 'CredentialsProviderError'
        ? `no credentials were found; set ${variables}`
        : `the store does not accept the credentials (${found}); check ${variables}`;
    case 'denied':
      return `the credentials do not allow this in bucket '${bucket}' (${found}); use others, or extend their policy`;
    case 'no_bucket':
      return `there is no bucket '${bucket}'; create it, or name another`;
    case 'clock':
      return `the clock of this machine ${differs(skew)} from the store's (${found}); set it and run the same command again`;
    case 'quota':
      return `the store is full (${found}); make room and run the same command again`;
    case 'temporary':
      return `the store does not answer as it should (${found}); run the same command again when it does`;
    case 'refused':
      return `the store refuses the request (${found}); check AWS_REGION, AWS_ENDPOINT_URL and the name of the bucket`;
    case 'not_found':
      return `there is no such object (${found})`;
    case 'exists':
      return `there is another object of this name (${found})`;
    case 'changed':
      return `the object has changed (${found})`;
  }
}

function differs(skew: number | null): string {
  const minutes = Math.round(Math.abs(skew ?? 0));
  return minutes === 0 ? 'differs' : `differs by ${minutes} minutes`;
}
