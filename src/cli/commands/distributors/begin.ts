import type { Options } from '../../../config/resolve.ts';
import { EXIT, type ExitCode } from '../../../core/errors.ts';
import { beginRun } from '../../../run/download/begin-run.ts';
import { terminalJson } from '../../../util/text/terminal-json.ts';
import { plural } from '../../../util/text/units.ts';
import { printNotice } from '../run-command.ts';
import { createLogger, startEventLog } from '../running/logger.ts';

/** `--begin-only`: records the run in the dataset, for the machines that then do its parts. */
export async function runBegin(
  options: Options,
  patterns: readonly string[],
  output: string,
): Promise<ExitCode> {
  const log = startEventLog(createLogger(options, () => {}));
  const begun = await beginRun({
    options,
    patterns,
    output,
    emit: log,
    signal: new AbortController().signal,
  });
  const { firstShard, shardsDone } = begun;
  if (options.json)
    process.stdout.write(`${terminalJson({ output, first_shard: firstShard, shards_done: shardsDone })}\n`);
  else if (!options.quiet)
    printNotice(`${output}: begun from shard ${firstShard}, ${plural(shardsDone, 'shard')} already complete`);
  return EXIT.done;
}
