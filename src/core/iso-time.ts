import type { ColumnType } from './columns.ts';

const UNITS_PER_SECOND = { ms: 1_000n, us: 1_000_000n, ns: 1_000_000_000n } as const;
const NANOSECONDS = 1_000_000_000n;
const MS_PER_DAY = 86_400_000;

/** Days since 1970-01-01 as `2024-01-31`; null for a day outside JavaScript's calendar (271821 BC to AD 275760). */
export function isoDate(days: number): string | null {
  return isoInstant(days * MS_PER_DAY)?.split('T')[0] ?? null;
}

/** Microseconds since midnight as `12:00:00` or `12:00:00.123456`. */
export function isoTime(microseconds: bigint): string {
  const seconds = Number(microseconds / 1_000_000n);
  const clock = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map((part) =>
    String(Math.floor(part)).padStart(2, '0'),
  );
  return clock.join(':') + fraction((microseconds % 1_000_000n) * 1_000n);
}

/**
 * A timestamp as Python's `isoformat` writes it: no fraction if it is zero, otherwise six digits, or nine if there are
 * nanoseconds; `+00:00` if the column is in UTC. Null outside JavaScript's calendar.
 */
export function isoTimestamp(
  value: bigint,
  { unit, utc }: Pick<Extract<ColumnType, { kind: 'timestamp' }>, 'unit' | 'utc'>,
): string | null {
  const perSecond = UNITS_PER_SECOND[unit];
  const rest = ((value % perSecond) + perSecond) % perSecond;
  const second = isoInstant(Number((value - rest) / perSecond) * 1000);
  if (second === null) return null;
  return second + fraction((rest * NANOSECONDS) / perSecond) + (utc ? '+00:00' : '');
}

function isoInstant(milliseconds: number): string | null {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? null : date.toISOString().slice(0, -'.000Z'.length);
}

function fraction(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '';
  const digits = String(nanoseconds).padStart(9, '0');
  return `.${digits.endsWith('000') ? digits.slice(0, 6) : digits}`;
}
