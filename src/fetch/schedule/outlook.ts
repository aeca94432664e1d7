import type { Host } from '../hosts/host.ts';
import type { HostQueue, QueuedRow } from './host-queue.ts';

/** What becomes of rows that wait for their hosts. Plain values: a lane sends them to the engine. */
export interface Outlook {
  /** Rows of hosts that refuse everything: the number of the shard, and how many. */
  readonly refused: readonly (readonly [shard: number, rows: number])[];
  /** Rows of other hosts that time holds back: those of limited hosts, and those without an answer so far. */
  readonly slow: number;
  /** Milliseconds until the slow rows are over, at most; 0 if there are none. */
  readonly slowMs: number;
}

export const NO_OUTLOOK: Outlook = { refused: [], slow: 0, slowMs: 0 };

/** The unsettled rows of a frontier. */
export interface UnsettledRows<T extends QueuedRow> {
  readonly queues: Iterable<HostQueue<T>>;
  /** Rows under way, with the moments of their starts, and rows that wait for a later attempt, with null. */
  readonly outside: Iterable<readonly [row: T, startedAt: number | null]>;
  readonly hostOf: (row: T) => Host | undefined;
}

export interface AttemptLimits {
  readonly retries: number;
  readonly timeoutMs: number;
  readonly deadlineMs: number;
}

/** A request that takes longer than this may well stay without an answer, and so may its later attempts. */
const SLOW_REQUEST_MS = 1_000;

export function outlookOf<T extends QueuedRow>(
  { queues, outside, hostOf }: UnsettledRows<T>,
  limits: AttemptLimits,
  now: number,
): Outlook {
  const refused = new Map<number, number>();
  let slow = 0;
  let slowMs = 0;
  const refuse = ({ shard = 0 }: T): void => void refused.set(shard, (refused.get(shard) ?? 0) + 1);
  const wait = (rows: number, ms: number): void => {
    if (ms > 0) slow += rows;
    slowMs = Math.max(slowMs, ms);
  };
  for (const { host, rows } of queues) {
    if (host.isRefusing) for (const row of rows.items) refuse(row);
    else wait(rows.size, host.msFor(rows.size, now));
  }
  for (const [row, startedAt] of outside) {
    if (hostOf(row)?.isRefusing) refuse(row);
    else wait(1, unansweredMs(row, startedAt === null ? null : now - startedAt, limits));
  }
  return { refused: [...refused], slow, slowMs };
}

/** Hosts that refuse everything and have unsettled rows of this shard. */
export function refusingHosts<T extends QueuedRow>(
  { queues, outside, hostOf }: UnsettledRows<T>,
  shard: number,
): ReadonlySet<Host> {
  const found = new Set<Host>();
  const isOf = (row: T): boolean => (row.shard ?? 0) === shard;
  for (const { host, rows } of queues) {
    if (host.isRefusing && rows.items.some(isOf)) found.add(host);
  }
  for (const [row] of outside) {
    const host = isOf(row) ? hostOf(row) : undefined;
    if (host?.isRefusing) found.add(host);
  }
  return found;
}

/** The longest that a row can take whose requests stay without an answer; 0 for a request that has just begun. */
function unansweredMs(
  { attempts = 0 }: QueuedRow,
  ageMs: number | null,
  { retries, timeoutMs, deadlineMs }: AttemptLimits,
): number {
  if (ageMs !== null && ageMs < SLOW_REQUEST_MS) return 0;
  const eachMs = ageMs !== null && ageMs > timeoutMs ? deadlineMs : timeoutMs;
  const restMs = ageMs === null ? 0 : Math.max(1, eachMs - ageMs);
  return restMs + Math.max(0, retries + 1 - attempts) * eachMs;
}
