import type { IndexRow, RowsRequest, SumRequest } from '../file/index-file.ts';
import { fetchAll, openSourceFile } from '../file/source-file.ts';
import { firstParagraph } from '../sql/duckdb.ts';
import { tableForCondition } from '../sql/table.ts';
import { needsCopies } from './copies.ts';
import { PageGuard } from './format/pages.ts';
import { stepsOf } from './format/steps.ts';
import { Origins } from './origins.ts';
import type { OpenParquet } from './parquet.ts';
import { plainSql } from './plain-rows.ts';
import { readTable, type TableContext } from './rows.ts';
import { hasRowNumbers } from './select.ts';
import { StepSums } from './step-sums.ts';
import { openWhole } from './view.ts';

/** Steps that DuckDB works on, each in a thread of its own. More would take more memory. */
const STEPS_AT_A_TIME = 2;
const MEMORY_BYTES = 8e8;

type ReadRows = (request: RowsRequest) => AsyncIterable<readonly IndexRow[]>;

/**
 * Sums up the plain rows of a file in DuckDB, about half a million at a time, and gives the other ones. From where DuckDB
 * fails, `readRows` reads the rows, or says why it cannot. Null if SQL cannot judge values of the requested types.
 */
export function sumUp(
  parquet: OpenParquet,
  request: SumRequest,
  readRows: ReadRows,
): AsyncGenerator<readonly IndexRow[]> | null {
  const { footer, table, condition } = parquet;
  const columns = request.columns.filter((column) => column < table.columns.length);
  const isKnown = plainSql(table.columns, { ...request, columns }) !== null;
  if (!isKnown || needsCopies(footer) || !hasRowNumbers(table.columns)) return null;
  // With a condition, rows are picked by their numbers among those that meet it.
  if (condition !== null && request.pick !== null) return null;
  return sumSteps(parquet, { ...request, columns }, readRows);
}

async function* sumSteps(
  parquet: OpenParquet,
  request: SumRequest,
  readRows: ReadRows,
): AsyncGenerator<readonly IndexRow[]> {
  const { source, footer, condition, refuse } = parquet;
  const { columns, limit, pick, signal } = request;
  await using file = await openSourceFile(source);
  if (condition !== null) await fetchAll(file);
  const used = new Set([...columns, ...(condition?.used.values() ?? [])]);
  const pages = new PageGuard(file, footer.groups, used, refuse);
  // Some failures make a DuckDB unusable, so this one is not that of `readRows`.
  const view = await openWhole(source, footer, { threads: 1, memoryBytes: MEMORY_BYTES });
  const table = {
    ...(condition === null ? view : tableForCondition(view, condition)),
    where: condition?.where,
  };
  const isEveryRow = condition === null && pick === null;
  const steps = stepsOf(footer.groups, isEveryRow ? limit : Number.POSITIVE_INFINITY);
  // How many rows a step may have is known after the step before, unless it is all of them.
  const atATime = isEveryRow || limit === Number.POSITIVE_INFINITY ? STEPS_AT_A_TIME : 1;
  const started: StepSums[] = [];
  let taken = 0;
  const startMore = async () => {
    while (started.length < atATime && taken < limit) {
      const { value: step, done } = steps.next();
      if (done) return;
      const context = { table, request, step, limit: isEveryRow ? Number.POSITIVE_INFINITY : limit - taken };
      started.push(await StepSums.start(context, () => pages.check(step.from, step.end)));
    }
  };
  const connection = await view.instance.connect();
  try {
    const origins = await Origins.create(connection, request.sink);
    for (;;) {
      await startMore();
      const sums = started.shift();
      if (sums === undefined) break;
      const isSummed = await sums.isSummed;
      signal.throwIfAborted();
      if (atATime > 1) await startMore();
      const from = condition === null ? sums.step.from : taken;
      if (isSummed) taken += await sums.give(origins);
      const others = isSummed
        ? readTable(sums.others, { from: 0, columns, signal }, contextOf(parquet))
        : pickedRows(readRows({ from, columns, signal }), from, request);
      if (!isSummed) await Promise.all(started.splice(0).map((step) => step.close()));
      for await (const batch of others) {
        yield batch.slice(0, limit - taken);
        taken += batch.length;
        if (taken >= limit) break;
      }
      await sums.close();
      // Where a step was too much for DuckDB, the next one would be as well, and each reads its row group from the start.
      if (!isSummed) break;
    }
    await origins.give();
  } finally {
    await Promise.all(started.map((sums) => sums.close()));
    connection.closeSync();
    await view.close();
  }
}

function contextOf({ notices, refuse }: OpenParquet): TableContext {
  return { guard: async () => {}, fail: (error) => refuse(firstParagraph(error)), notices, rowsBefore: 0 };
}

/** Rows one by one; `from`: number of the first of `batches`, unless rows know their own. */
async function* pickedRows(
  batches: AsyncIterable<readonly IndexRow[]>,
  from: number,
  { pick }: SumRequest,
): AsyncGenerator<readonly IndexRow[]> {
  let next = from;
  for await (const batch of batches) {
    const first = next;
    next += batch.length;
    const numberOf = (row: IndexRow, at: number): number =>
      ('unreadable' in row ? undefined : row.number) ?? first + at;
    yield pick === null ? batch : batch.filter((row, at) => pick.picks(numberOf(row, at)));
  }
}
