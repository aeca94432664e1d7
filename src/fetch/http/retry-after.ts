/** Parses `Retry-After`, as seconds or as a date. Returns milliseconds from `nowMs`, or null without a valid value. */
export function readRetryAfter(value: string | null, nowMs: number): number | null {
  if (value === null) return null;
  const text = value.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  // Dates in HTTP start with the name of the day; Date.parse alone would take "-5" for a year.
  if (!/^[A-Za-z]{3,9}, /.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}
