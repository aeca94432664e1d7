import type { RunCounts } from '../../run/download/run-counts.ts';
import type { RunEvent } from '../../run/engine/events.ts';

/** How busy a run was when it last said so, about a second ago. */
interface Load {
  readonly inFlight: number;
  readonly queued: number;
  readonly delayed: number;
  readonly decodersBusy: number;
  readonly decoders: number;
}

const IDLE: Load = { inFlight: 0, queued: 0, delayed: 0, decodersBusy: 0, decoders: 0 };

/** What metrics are read from when somebody asks for them: the run's own counts. Nothing is counted here. */
export class RunFigures {
  /** Null until the run has opened its index. */
  counts: RunCounts | null = null;
  /** Rows to settle, those of earlier starts included; null while that is unknown. */
  expectedRows: number | null = null;
  load: Load = IDLE;

  take(event: RunEvent): void {
    if (event.type === 'waiting') this.load = event;
    else if (event.type === 'total' || event.type === 'started') this.expectedRows = event.rows;
  }

  end(): void {
    this.load = IDLE;
  }
}
