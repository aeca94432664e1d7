import { codeOfStatus, failureMessage, orClock, skewOf } from '../interface/failure-message.ts';
import { ObjectError, type ObjectErrorCode } from '../interface/object-error.ts';

/** A failed answer of Google's JSON API. */
export interface GoogleRefusal {
  readonly status: number;
  readonly date: string | null;
  /** The body, which may be JSON. */
  readonly text: string;
  readonly bucket: string;
  /** Whether the request had credentials. */
  readonly isSigned: boolean;
}

/** Google's own words for what went wrong; for others the status decides. */
const REASONS: Readonly<Record<string, ObjectErrorCode>> = {
  accountDisabled: 'denied',
  authError: 'credentials',
  conditionNotMet: 'exists',
  dailyLimitExceeded: 'quota',
  quotaExceeded: 'quota',
  rateLimitExceeded: 'temporary',
  userRateLimitExceeded: 'temporary',
};

const REMEDY =
  'GOOGLE_APPLICATION_CREDENTIALS to the file of a key, or run gcloud auth application-default login';

/** The ObjectError for an answer. Its message ends with what to do, and holds nothing that the answer says freely. */
export function toGoogleError({ status, date, text, bucket, isSigned }: GoogleRefusal): ObjectError {
  const { reason, message } = parse(text);
  const skew = skewOf(date);
  const code = orClock(codeOf(status, reason, message), skew);
  if (code === 'credentials' && !isSigned) {
    return new ObjectError('credentials', `no credentials were found; set ${REMEDY}`);
  }
  const failure = {
    found: `${reason === '' ? '' : `${reason}, `}HTTP ${status}`,
    skew,
    place: `bucket '${bucket}'`,
    credentials: 'GOOGLE_APPLICATION_CREDENTIALS',
    suspects: 'the name of the bucket',
  };
  return new ObjectError(code, failureMessage(code, failure));
}

const NETWORK = /^(ECONN|ENOTFOUND|EAI_|ETIMEDOUT|EPIPE|EHOST|ENET)[A-Z_]*$/;

/** Credentials that could not be turned into a token. */
export function credentialsFailed(error: unknown): ObjectError {
  const { response, code } = (error ?? {}) as { response?: { status?: number }; code?: unknown };
  const status = response?.status;
  const isUnanswered = status === undefined && NETWORK.test(String(code));
  if (isUnanswered || (status !== undefined && status >= 500)) {
    const found = isUnanswered ? String(code) : `HTTP ${status}`;
    return new ObjectError(
      'temporary',
      `Google gives no token (${found}); run the same command again when it does`,
      { cause: error },
    );
  }
  return new ObjectError('credentials', `the credentials cannot be used; set ${REMEDY}`, { cause: error });
}

function codeOf(status: number, reason: string, message: string): ObjectErrorCode {
  if (status === 404) return /bucket does not exist/i.test(message) ? 'no_bucket' : 'not_found';
  // What a broken transfer leads to.
  if (status === 400 && /\b(md5|crc32c|hash|checksum)\b/i.test(message)) return 'temporary';
  return REASONS[reason] ?? codeOfStatus(status);
}

function parse(text: string): { readonly reason: string; readonly message: string } {
  try {
    const { error } = JSON.parse(text) as {
      error?: { message?: unknown; errors?: readonly { reason?: unknown }[] };
    };
    const reason = String(error?.errors?.[0]?.reason ?? '');
    return { reason: /^\w{1,60}$/.test(reason) ? reason : '', message: String(error?.message ?? '') };
  } catch {
    return { reason: '', message: text };
  }
}
