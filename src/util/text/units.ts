const BYTE_UNITS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ['kb', 1e3],
  ['mb', 1e6],
  ['gb', 1e9],
  ['tb', 1e12],
  ['k', 2 ** 10],
  ['m', 2 ** 20],
  ['g', 2 ** 30],
  ['t', 2 ** 40],
  ['kib', 2 ** 10],
  ['mib', 2 ** 20],
  ['gib', 2 ** 30],
  ['tib', 2 ** 40],
]);
const BINARY_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

const MINUTE_MS = 60_000;
const DURATION_UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', MINUTE_MS],
  ['s', 1_000],
  ['ms', 1],
] as const;

/** Bytes of `30MiB`, `20 MB`, `1.5g` or a bare number, rounded to whole bytes; undefined for anything else. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  if (!match) return undefined;
  const [, amount, unit = ''] = match;
  const factor = BYTE_UNITS.get(unit.toLowerCase());
  return factor === undefined ? undefined : Math.round(Number(amount) * factor);
}

/** `30MiB`, `1.5GiB`, `512B`: in the largest binary unit, with at most one decimal. */
export function formatBytes(bytes: number): string {
  let amount = bytes;
  let unit = 0;
  // 1023.95 would round to "1024.0" of the smaller unit.
  while (amount >= 1023.95 && unit < BINARY_UNITS.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return `${trimDecimal(amount)}${BINARY_UNITS[unit]}`;
}

/**
 * Milliseconds of `500ms`, `10s`, `1.5m`, `1h 30m`; a bare number counts seconds. Undefined for anything else.
 */
export function parseDurationMs(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Math.round(Number(trimmed) * 1000);
  if (!/^(\d+(\.\d+)?\s*(ms|s|m|h|d)\s*)+$/i.test(trimmed)) return undefined;
  let total = 0;
  for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)/gi)) {
    const factor = DURATION_UNITS.find(([name]) => name === unit?.toLowerCase())?.[1] ?? 0;
    total += Number(amount) * factor;
  }
  return Math.round(total);
}

/** `500ms`, `1.5s`, `1m 30s`, `2h 5m`, `3d 4h`: the two largest units from a minute up; smaller ones are cut off. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.floor(ms)}ms`;
  if (ms < MINUTE_MS) return `${trimDecimal(Math.floor(ms / 100) / 10)}s`;
  const [large, small] = DURATION_UNITS.slice(DURATION_UNITS.findIndex(([, factor]) => factor <= ms));
  if (!large || !small) return `${ms}ms`;
  const rest = Math.floor((ms % large[1]) / small[1]);
  const head = `${Math.floor(ms / large[1])}${large[0]}`;
  return rest === 0 ? head : `${head} ${rest}${small[0]}`;
}

/** `1,234,567`. */
export function formatCount(count: number | bigint): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1,234`, and from ten thousand on `12.3k` or `4.5M`. */
export function formatShort(count: number): string {
  if (count < 10_000) return formatCount(count);
  return count < 999_950 ? `${trimDecimal(count / 1000)}k` : `${trimDecimal(count / 1_000_000)}M`;
}

/** `12.3 %`. */
export const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)} %`;

function trimDecimal(amount: number): string {
  return amount.toFixed(1).replace(/\.0$/, '');
}

/** `1 shard`, `1,200 shards`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** The first full minute at or after a moment in milliseconds since 1970: `2026-11-29T08:20Z`. */
export function formatMinute(moment: number): string {
  return new Date(Math.ceil(moment / MINUTE_MS) * MINUTE_MS).toISOString().replace(':00.000Z', 'Z');
}
