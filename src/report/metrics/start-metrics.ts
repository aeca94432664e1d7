import type { RunCounts } from '../../run/download/run-counts.ts';
import type { RunEvent } from '../../run/engine/events.ts';
import { pushTarget } from './push-target.ts';

/** The metrics of a run while it is on. */
export interface RunMetrics {
  /** Where Prometheus finds them; null if they are only pushed. */
  readonly url: string | null;
  take(event: RunEvent): void;
  /** Reads these counts from now on. */
  watch(counts: RunCounts): void;
  /** Pushes the last figures and closes the server. Never rejects. */
  stop(): Promise<void>;
}

export interface MetricsPlan {
  /** Where to listen, `host:port`; null for nowhere. */
  readonly address: string | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Called once if a collector cannot be reached. */
  readonly warn: (message: string) => void;
}

/**
 * Serves and pushes metrics as `--metrics` and OpenTelemetry's variables ask for; null if neither does, and then nothing
 * is loaded. Throws a UserError if nothing can listen at the address.
 */
export async function startMetrics({ address, environment, warn }: MetricsPlan): Promise<RunMetrics | null> {
  const target = pushTarget(environment);
  if (address === null && target === null) return null;
  const { openMetrics } = await import('./open-metrics.ts');
  return openMetrics({ address, target, warn });
}
