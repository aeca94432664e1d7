import { parseList } from '../../../config/options/parse-list.ts';
import type { Options } from '../../../config/resolve.ts';
import { EXIT, type ExitCode, usageError } from '../../../core/errors.ts';
import { columnsJson, columnsText, shardsDone } from '../../../report/growing.ts';
import { changeDatasetColumns } from '../../../run/columns.ts';

export interface ColumnsFlags {
  readonly add?: string;
  readonly from?: readonly string[];
  readonly on?: string;
  readonly drop?: string;
}

interface ColumnsWords {
  readonly output: string;
  readonly own: ColumnsFlags;
  readonly onNotice: (message: string) => void;
}

/** `laion-fetch columns <output> --add <cols> --from <table...>`, or `--drop <cols>`, or both. */
export async function runColumns(
  options: Options,
  { output, own, onNotice }: ColumnsWords,
): Promise<ExitCode> {
  const [add, drop] = [listOf('add', own.add), listOf('drop', own.drop)];
  const { from = [], on = null } = own;
  const onShard = options.quiet ? {} : { onShard: shardsDone(process.stderr) };
  const changed = await changeDatasetColumns({ output, add, drop, from, on, options, onNotice, ...onShard });
  if (options.json) process.stdout.write(`${columnsJson(changed)}\n`);
  else if (!options.quiet) process.stderr.write(`${columnsText(changed)}\n`);
  return EXIT.done;
}

function listOf(flag: string, text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  const names = parseList(text);
  if (names === undefined || names.length === 0)
    throw usageError(`--${flag}: expected names of columns, such as score,lang, got '${text}'`);
  return names;
}
