import type { Verdicts } from './breaker/verdicts.ts';
import type { ChosenAddress } from './connect/dial.ts';
import type { ConnectionPool } from './connect/pool.ts';
import type { DenyList } from './deny-list/deny-list.ts';
import type { BodyBudget } from './http/body-budget.ts';
import type { BodyMemory } from './http/body-memory.ts';
import type { ExchangeOptions } from './http/exchange.ts';
import type { Quarantine } from './quarantine.ts';
import type { Row } from './row-state.ts';
import type { RuleFetchOptions } from './rule-fetch.ts';
import type { RunLimits } from './schedule/run-limits.ts';
import type { FetchSettings } from './settings.ts';
import type { StoredBodies } from './stores/read-stored.ts';

/** What the life of a row needs from the fetcher. */
export interface RowFetchOptions {
  readonly settings: FetchSettings;
  readonly exchange: ExchangeOptions;
  readonly pool: ConnectionPool;
  readonly limits: RunLimits;
  readonly bodies: BodyBudget;
  readonly quarantine: Quarantine;
  readonly memory: BodyMemory;
  readonly verdicts: Verdicts;
  readonly portIsOpen: (port: number) => boolean;
  readonly denyList: DenyList | undefined;
  /** Undefined if no store may be read. */
  readonly stored: StoredBodies | undefined;
  /** The address chosen for a host with a request under way; undefined if addresses are not counted. */
  readonly addressOf: (host: string) => ChosenAddress | undefined;
  /** Puts a row into the queue of its host, `waitMs` milliseconds from now. */
  readonly enqueue: (row: Row, waitMs: number) => void;
  /** The rules of origins, and what they do to the queues of hosts; undefined if nobody is asked for them. */
  readonly rules: Pick<RuleFetchOptions, 'rules' | 'isOwn' | 'review' | 'slowDown'> | undefined;
}
