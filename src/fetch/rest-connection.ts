import type { Connection } from './connect/connection.ts';
import type { ConnectionPool } from './connect/pool.ts';
import type { Host } from './hosts/host.ts';
import type { Quarantine } from './quarantine.ts';

/**
 * Lets a connection rest after its answer if it must, so that one answer too many shows. Returns for how many
 * milliseconds more than others the outcome is to be held back.
 */
export function restConnection(
  connection: Connection,
  { name, rests }: Host,
  answeredMs: number,
  now: number,
  { quarantine, pool }: { readonly quarantine: Quarantine; readonly pool: ConnectionPool },
): number {
  const isDue = rests.isDue(now);
  const doubtMs = connection.carried > 1 ? rests.doubtMs(answeredMs) : 0;
  if (isDue || doubtMs > 0) connection.rest = quarantine.rest(doubtMs);
  if (doubtMs === 0) rests.accept(answeredMs);
  else {
    void connection.rest?.then(() => {
      if (!pool.hasStrayBytes(name)) rests.accept(answeredMs);
    });
  }
  return doubtMs;
}
