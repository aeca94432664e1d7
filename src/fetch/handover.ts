import type { HostKey } from '../core/samples.ts';
import type { Verdicts } from './breaker/verdicts.ts';

/** A row on its way from the fetcher that asked for it to the one that its next host belongs to. */
export interface Handover {
  /** Its place in the order of the index, by which it is told apart. */
  readonly order: number;
  /** Its own URL. */
  readonly first: string;
  readonly next: string;
  /** The host of `next`. */
  readonly host: HostKey;
  readonly redirects: number;
  readonly attempts: number;
  /** Times that it was answered 429. */
  readonly refusals: number;
  /** Times that it was ended to make room for other bodies. */
  readonly cuts: number;
  /** What the current attempt has used of its deadline. */
  readonly spentMs: number;
  /** How long it waits before it may be asked for again. */
  readonly waitMs: number;
}

/** The other fetchers, where several share the hosts among themselves. */
export interface Peers {
  /** How many there are with this one. */
  readonly count: number;
  /** Whether a host is this one's to ask. */
  readonly isOwn: (host: HostKey) => boolean;
  /** Takes a row that was given to `fetch` to where its next host belongs; its promise is left unsettled. */
  readonly handOver: (passage: Handover) => void;
  readonly verdicts: Verdicts;
}
