import { FAILURES, type FailureCode } from '../../../core/failures.ts';
import type { RefusalStatus } from '../../../fetch/hosts/backoff.ts';
import type { Closure } from '../../../fetch/hosts/host-record.ts';

/** What one machine says of a host. Times in milliseconds from the moment when it says so; what is absent holds no more. */
export interface Said {
  readonly paused?: { readonly status: RefusalStatus; readonly forMs: number };
  readonly closed?: Pick<Closure, 'code' | 'cause'> & { readonly forMs: number };
  /** Between the requests of all machines together, so that the host grants them. */
  readonly intervalMs?: number;
  /** Whether it has learnt that without knowing of others. */
  readonly isAlone?: true;
  /** Whether the machine asks the host at a pace. */
  readonly isUsed?: true;
}

export const sayText = (said: Said): string => JSON.stringify(said);

/** Null for what is none: other versions may say other things. */
export function readSaid(text: string): Said | null {
  try {
    const said: unknown = JSON.parse(text);
    return isSaid(said) ? said : null;
  } catch {
    return null;
  }
}

function isSaid(value: unknown): value is Said {
  if (typeof value !== 'object' || value === null) return false;
  const { paused, closed, intervalMs = 0 } = value as Said;
  const isPause = paused === undefined || ([429, 503].includes(paused.status) && isTime(paused.forMs));
  return isPause && (closed === undefined || isClosure(closed)) && isTime(intervalMs);
}

function isClosure({ code, cause, forMs }: NonNullable<Said['closed']>): boolean {
  return (code === 'host_dead' || code === 'host_throttled') && isFailure(cause) && isTime(forMs);
}

const isFailure = (value: unknown): value is FailureCode =>
  typeof value === 'string' && Object.hasOwn(FAILURES, value);

const isTime = (value: unknown): boolean => Number.isFinite(value) && Number(value) >= 0;
