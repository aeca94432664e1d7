import type { FailureCode } from '../core/failures.ts';
import type { RightsPolicy } from '../core/rights/policies.ts';
import { type Recheck, recheck as runRecheck } from '../run/rights/recheck.ts';
import { rightsSettings } from '../run/rights/rights-settings.ts';
import type { RunHooks } from './events.ts';
import { withHooks } from './hooks.ts';
import type { RecheckOptions } from './options.ts';
import { flagValue, outputFolder, resolveRecheck } from './resolve-options.ts';
import { completed, type Failure, type Shortfall, type Success, settle } from './result.ts';

/** How many rows something is true of, and the URL of one of them. */
export interface RightsCount {
  readonly name: string;
  readonly rows: number;
  readonly example: string;
}

/** A sample whose owner has since said no. */
export interface DeniedSample {
  readonly shard: string;
  readonly key: string;
  readonly url: string;
  /** As in the table of docs/rights.md: `robots.txt`, `x-robots-tag`. */
  readonly mechanism: string;
  /** The text that refuses it, and the URL where it was read. */
  readonly raw: string;
  readonly source: string | null;
}

/** What owners say now about the samples of a dataset. */
export interface RecheckSummary {
  readonly output: string;
  readonly policy: RightsPolicy;
  /** Samples of the dataset before the call. */
  readonly samples: number;
  /** Samples that nobody refuses, and those whose owners say no. */
  readonly granted: number;
  readonly denied: number;
  /** Samples whose owners gave no answer, by the reason. They stay. */
  readonly unknown: Readonly<Partial<Record<FailureCode, number>>>;
  /** Denied samples by mechanism and by host, the commonest first. */
  readonly mechanisms: readonly RightsCount[];
  readonly hosts: readonly RightsCount[];
  /** The first thousand of them; all are in `.laion-fetch/rights-evidence.jsonl`. */
  readonly deniedSamples: readonly DeniedSample[];
  /** Samples that were taken out. */
  readonly removed: number;
  readonly shardsRewritten: number;
  readonly seconds: number;
}

/** The result of `recheck`. `interrupted`: the signal was aborted; the same call asks for the rest. */
export type RecheckResult =
  | (Success & RecheckSummary)
  | (Shortfall<'interrupted'> & RecheckSummary)
  | Failure;

/**
 * Asks the owners of a finished dataset's samples again whether these may be used, and takes out those that are refused now
 * if `remove` is set. Rejects only for a bug.
 */
export function recheck(options: RecheckOptions, hooks: RunHooks = {}): Promise<RecheckResult> {
  return settle(async () => {
    const { output } = options;
    const known = typeof output === 'string' && output !== '' ? await rightsSettings(output) : new Map();
    const resolved = resolveRecheck(options, known);
    const request = {
      options: resolved.options,
      output: outputFolder(resolved),
      removes: flagValue('remove', resolved.own['remove']),
    };
    const run = await withHooks(hooks, (engineHooks) => runRecheck({ ...request, ...engineHooks }));
    const stopped = 'The recheck was interrupted; the same call asks for the rest';
    return completed(summarise(run), run.interrupted, stopped);
  });
}

function summarise({ interrupted: _, unknown, examples, ...run }: Recheck): RecheckSummary {
  return {
    ...run,
    unknown: Object.fromEntries(unknown),
    deniedSamples: examples.map(({ shard, key, row, by }) => ({
      ...{ shard, key, url: row.url ?? '', mechanism: by.mechanism, raw: by.raw, source: by.source },
    })),
  };
}
