import type { HostEvent } from './host-event.ts';

export interface HostOptions {
  /** Maximum connections. Below 1: one connection for that share of the time. */
  readonly perHost: number;
  /** Milliseconds between requests that the user asks for; 0 for none. */
  readonly intervalMs: number;
  /** Called when the treatment of a host changes. */
  readonly onEvent?: ((event: HostEvent) => void) | undefined;
}
