import type { WebAnswer } from './request.ts';

/** The ETag, or else the time of the last change; null if the server tells neither. */
export function versionOf({ headers }: WebAnswer): string | null {
  return first(headers['etag']) ?? first(headers['last-modified']);
}

/** Length of the body in bytes; null if the server does not tell it. */
export function lengthOf({ headers }: WebAnswer): number | null {
  const text = first(headers['content-length']);
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** What `content-range` says: the first byte of the body, and the length of the file. Null for what is not told. */
export function rangeOf({ headers }: WebAnswer): {
  readonly start: number | null;
  readonly total: number | null;
} {
  const range = first(headers['content-range']) ?? '';
  const [, start, total] = /^bytes (?:(\d{1,15})-\d+|\*)\/(\d{1,15})$/.exec(range) ?? [];
  return { start: toNumber(start), total: toNumber(total) };
}

/** The condition that a file still has a version. A weak ETag can be compared, but is not accepted in `if-match`. */
export function conditionFor(version: string | null): Readonly<Record<string, string>> {
  return version?.startsWith('"') ? { 'if-match': version } : {};
}

const toNumber = (digits: string | undefined): number | null =>
  digits === undefined ? null : Number(digits);

const first = (value: string | string[] | undefined): string | null =>
  (Array.isArray(value) ? value[0] : value) ?? null;
