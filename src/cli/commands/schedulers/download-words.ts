import type { Layer } from '../../../config/layer.ts';
import { isFlag, optionName } from '../../../config/options/options.ts';
import type { ResolvedOptions } from '../../../config/resolve.ts';
import { usageError } from '../../../core/errors.ts';
import type { SchedulerFlags } from './schedulers.ts';

/** The run that a scheduler is to start. */
export interface ScheduledRun {
  /** The words of its command line, without its part. */
  readonly words: readonly string[];
  readonly machines: number;
  /** Parts that run at the same time. */
  readonly atOnce: number;
}

export interface ScheduleRequest {
  readonly patterns: readonly string[];
  readonly own: SchedulerFlags;
  /** The flags as the user gave them. */
  readonly flags: Layer;
  readonly resolved: ResolvedOptions;
}

const DEFAULT_MACHINES = '10';
/** Slurm's usual MaxArraySize is 1001; a Job of Kubernetes may have more. */
const MOST_MACHINES = 100_000;

/** Checks the command line of a download that a scheduler is to start on several machines. */
export function scheduledRun({
  patterns,
  own: { machines = DEFAULT_MACHINES },
  flags,
  resolved: { options, output, presetOrigin },
}: ScheduleRequest): ScheduledRun {
  const count = /^\d{1,6}$/.test(machines) ? Number(machines) : 0;
  if (count < 1 || count > MOST_MACHINES)
    throw usageError(`--machines: expected a number from 1 to ${MOST_MACHINES}, got '${machines}'`);
  if (output === null) throw usageError('expected --output <dir>, which all machines share, got none');
  if (options.part !== null)
    throw usageError('--part: expected none, since the scheduler gives each machine its own; got one');
  // The script would hold its password, and each machine a part as well.
  if (options.queue !== null)
    throw usageError(
      '--queue: expected none, since each machine gets a part; got one; start the same command on each',
    );
  if (patterns.includes('-')) throw usageError('expected an index that all machines see, got standard input');
  if (options.distributor !== 'multiprocessing')
    throw usageError('--distributor: expected none, since the scheduler starts the parts; got one');
  return {
    words: [...patterns, ...downloadFlags(flags, presetOrigin).flat()],
    machines: count,
    atOnce: Math.min(count, options.partsAtOnce ?? count),
  };
}

/** The flags, each with its value, that mean on another machine what the user's command line means here. */
export function downloadFlags(flags: Layer, presetOrigin: ResolvedOptions['presetOrigin']): string[][] {
  const words = [...flags].flatMap(([key, { text }]) => {
    if (isFlag(key)) return [[text === 'true' ? `--${optionName(key)}` : `--no-${optionName(key)}`]];
    return text.split('\n').map((line) => [`--${optionName(key)}`, line]);
  });
  // Translated, the line no longer shows that it was img2dataset's.
  const isAssumed = presetOrigin?.startsWith('--') === true && !flags.has('preset');
  return [...words, ...(isAssumed ? [['--preset', 'img2dataset']] : [])];
}
