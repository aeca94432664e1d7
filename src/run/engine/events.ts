import type { FailureCode } from '../../core/failures.ts';
import type { DecoderEvent } from '../../image/workers/decoder-pool.ts';

/** What happens in a run, told to those who only listen: progress, logs. */
export type RunEvent =
  | {
      readonly type: 'started';
      /** Rows that this run has to settle; null while nobody knows. */
      readonly rows: number | null;
      readonly inputs: number;
      readonly shardsDone: number;
      readonly rowsDone: number;
    }
  | { readonly type: 'sample'; readonly outcome: 'success' | FailureCode; readonly bytes: number }
  /** A row that an earlier start of the run settled, in a shard that it did not come to write. */
  | { readonly type: 'taken-over'; readonly outcome: 'success' | FailureCode }
  /** Told about every second: rows that wait for a later attempt, or for a host that may be asked only so often. */
  | { readonly type: 'waiting'; readonly delayed: number }
  | { readonly type: 'bad-row'; readonly file: string; readonly reason: string }
  | { readonly type: 'shard'; readonly name: string; readonly count: number; readonly successes: number }
  | { readonly type: 'decoder'; readonly event: DecoderEvent }
  | { readonly type: 'notice'; readonly message: string };

export type RunListener = (event: RunEvent) => void;
