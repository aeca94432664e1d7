import type { ObjectErrorCode } from './object-error.ts';

/** What a store's failed answer tells, and what the kind of store calls its things. */
export interface StoreFailure {
  /** The store's own word for it, and the status of its answer if there was one. */
  readonly found: string;
  /** Minutes between this machine's clock and the store's; null if unknown. */
  readonly skew: number | null;
  /** Such as `bucket 'laion'`. */
  readonly place: string;
  /** Variables that hold the credentials. */
  readonly credentials: string;
  /** What may be wrong if the store refuses a request as such. */
  readonly suspects: string;
}

/** What went wrong and what to do. Holds no credentials. */
export function failureMessage(code: ObjectErrorCode, failure: StoreFailure): string {
  const { found, skew, place, credentials, suspects } = failure;
  switch (code) {
    case 'credentials':
      return `the store does not accept the credentials (${found}); check ${credentials}`;
    case 'denied':
      return `the credentials do not allow this in ${place} (${found}); use others, or extend their policy`;
    case 'no_bucket':
      return `there is no ${place}; create it, or name another`;
    case 'clock':
      return `the clock of this machine ${differs(skew)} from the store's (${found}); set it and run the same command again`;
    case 'quota':
      return `the store is full (${found}); make room and run the same command again`;
    case 'temporary':
      return `the store does not answer as it should (${found}); run the same command again when it does`;
    case 'refused':
      return `the store refuses the request (${found}); check ${suspects}`;
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

/** Stores refuse requests whose time differs by a quarter of an hour; some without saying that this is the reason. */
const SKEW_MINUTES = 5;
const MINUTE_MS = 60_000;

/** Minutes by which this machine's clock is ahead of the date in an answer; null if that has none. */
export function skewOf(date: string | null | undefined): number | null {
  const time = Date.parse(date ?? '');
  return Number.isNaN(time) ? null : (Date.now() - time) / MINUTE_MS;
}

/** A refusal by a store whose clock shows another time is about the clock. */
export function orClock(code: ObjectErrorCode, skew: number | null): ObjectErrorCode {
  const isRefusal = code === 'denied' || code === 'credentials';
  return isRefusal && skew !== null && Math.abs(skew) > SKEW_MINUTES ? 'clock' : code;
}

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

/** What a status says if the store has no word for it; undefined if there was no answer: the connection failed. */
export function codeOfStatus(status: number | undefined): ObjectErrorCode {
  if (status === undefined || status >= 500) return STATUSES[status ?? 0] ?? 'temporary';
  return STATUSES[status] ?? (status < 300 ? 'temporary' : 'refused');
}
