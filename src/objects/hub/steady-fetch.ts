import { type Dispatcher, Response, fetch as undiciFetch } from 'undici';
import { connectionFailed } from '../https/failures.ts';
import { ObjectError, type ObjectErrorCode } from '../interface/object-error.ts';
import { withAttempts } from '../steady/attempts.ts';
import type { HubAccess } from './hub-access.ts';
import { type HubPlace, type HubRefusal, refusalOf } from './hub-error.ts';

/** For requests without much of a body. */
const SMALL_MS = 30_000;
/** For a part of some megabytes, also through a slow line, and for a commit with many files. */
const LARGE_MS = 300_000;

type Init = NonNullable<Parameters<typeof undiciFetch>[1]>;

/**
 * A `fetch` for the hub's client: each request is repeated with growing, random pauses and ends after a time-out, and any
 * answer but a success is an ObjectError. Bodies of answers are small, and complete when it resolves.
 */
export function steadyFetch(access: HubAccess, place: HubPlace, dispatcher: Dispatcher): typeof fetch {
  const ask = (url: string, init: Init = {}): Promise<Response> =>
    withAttempts(timeoutOf(url, init), async (_, signal) => {
      const signals = init.signal ? [signal, init.signal] : [signal];
      const answer = await undiciFetch(url, {
        ...init,
        dispatcher,
        signal: AbortSignal.any(signals),
      }).catch((error: unknown) => {
        throw connectionFailed(new URL(url), error);
      });
      const { status, statusText, headers, ok } = answer;
      const bytes = await answer.arrayBuffer().catch((error: unknown) => {
        throw connectionFailed(new URL(url), error);
      });
      if (ok) return new Response(bytes, { status, statusText, headers });
      const text = Buffer.from(bytes).toString('utf8');
      const refusal = refusalOf(toRefusal(status, headers, text), access, place);
      throw isLink(init) && LINK_FAILURES.has(refusal.code) ? linkFailed(status) : refusal;
    });
  return ask as unknown as typeof fetch;
}

/** What a link answers that is not valid any more, or whose upload an earlier request has completed. */
const LINK_FAILURES: ReadonlySet<ObjectErrorCode> = new Set([
  'refused',
  'denied',
  'credentials',
  'no_bucket',
]);

/** Links to which large files are sent have a signature of their own. */
const isLink = ({ method = 'GET', headers = {} }: Init): boolean =>
  method !== 'GET' && !('Authorization' in headers);

const linkFailed = (status: number): ObjectError =>
  new ObjectError(
    'changed',
    `the hub does not accept what was sent for a link (HTTP ${status}); run the same command again`,
  );

function timeoutOf(url: string, { method = 'GET' }: Init): number {
  return method === 'PUT' || /\/commit\/[^/]+$/.test(new URL(url).pathname) ? LARGE_MS : SMALL_MS;
}

function toRefusal(status: number, headers: { get(name: string): string | null }, text: string): HubRefusal {
  return { status, word: headers.get('x-error-code'), text, resetSeconds: resetOf(headers, text) };
}

const UNITS: Readonly<Record<string, number>> = { second: 1, minute: 60, hour: 3600 };

/** `Retry-After`, `RateLimit: "api";r=0;t=120`, or the words of the limit of commits: "retry this action in 43 minutes". */
function resetOf(headers: { get(name: string): string | null }, text: string): number | null {
  const [, count, unit = ''] =
    /retry this action in (?:about )?(\d+|an?) (second|minute|hour)s?/.exec(text) ?? [];
  if (count !== undefined) return (Number.parseInt(count, 10) || 1) * (UNITS[unit] ?? 1);
  const [, left] = /\bt=(\d{1,6})/.exec(headers.get('ratelimit') ?? '') ?? [];
  const after = headers.get('retry-after') ?? left;
  return after !== undefined && /^\d{1,6}$/.test(after) ? Number(after) : null;
}
