import { hostname } from 'node:os';
import type { MachineFigures } from '../../broker/interface/broker.ts';
import { steadyNow } from '../../util/clock.ts';
import type { Tally } from '../engine/tally.ts';

/** The rate is that of so long at least. */
const RATE_MS = 5_000;

/** What this machine says of itself to the broker. */
export class OwnFigures {
  readonly #tally: Tally;
  #speed = { at: steadyNow(), rows: 0, rowsPerSecond: 0 };

  /** `tally`: outcomes of the rows that this machine has settled. */
  constructor(tally: Tally) {
    this.#tally = tally;
  }

  with({ held, shardsWritten }: Pick<MachineFigures, 'held' | 'shardsWritten'>): MachineFigures {
    const { rows, successes: images, bytes, failures } = this.#tally;
    const now = steadyNow();
    const ms = now - this.#speed.at;
    if (ms >= RATE_MS) {
      const rowsPerSecond = Math.round((10_000 * (rows - this.#speed.rows)) / ms) / 10;
      this.#speed = { at: now, rows, rowsPerSecond };
    }
    return {
      host: hostname(),
      pid: process.pid,
      held,
      shardsWritten,
      rows,
      images,
      bytes,
      failures: Object.fromEntries(failures),
      rowsPerSecond: this.#speed.rowsPerSecond,
    };
  }
}
