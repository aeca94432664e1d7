import type { HostKey } from '../../core/samples.ts';
import type { ConnectionShares } from './connections/connection-shares.ts';
import type { HostEvent } from './host-event.ts';

export interface HostOptions {
  /** Maximum connections. Below 1: one connection for that share of the time. */
  readonly perHost: number;
  /** Milliseconds between requests that the user asks for; 0 for none. */
  readonly intervalMs: number;
  /** What other machines of the run leave to this one; absent if it is alone. */
  readonly shares?: ConnectionShares | undefined;
  /** How many other machines ask hosts at a pace; hosts without any are absent. */
  readonly users?: Map<HostKey, number> | undefined;
  /** Called when the treatment of a host changes. */
  readonly onEvent?: ((event: HostEvent) => void) | undefined;
}
