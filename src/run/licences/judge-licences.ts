import type { Options } from '../../config/resolve.ts';
import type { Column, Value } from '../../core/columns.ts';
import { answerOf } from '../../core/licences/licence-filter.ts';
import type { SampleRow } from '../../core/samples.ts';
import type { RowBatch } from '../index/assign-shards.ts';

/** Columns that name a licence: `LICENSE`, `License URL`, `licence_name`. */
const LICENCE_COLUMN =
  /^(?:index_)?(?:cc_?)?(?:licen[cs]e|rights|edm:rights|usage_?terms)(?:_?(?:url|uri|name|id|code|type|short_?name))?$/;

/**
 * Gives each row the answer of its licence to `--license`. The columns decide that are carried into the dataset; of
 * several, an address comes before a name.
 */
export function licenceJudge(
  { license }: Pick<Options, 'license'>,
  columns: readonly Pick<Column, 'name'>[],
): (row: SampleRow) => SampleRow {
  if (license === null) return (row) => row;
  const places = licenceColumns(columns);
  return (row) => ({
    ...row,
    licence: answerOf(
      places.map((at) => textOf(row.values[at] ?? null)),
      license,
    ),
  });
}

/** Positions of the columns that name licences, the first to be asked first. */
export function licenceColumns(columns: readonly Pick<Column, 'name'>[]): readonly number[] {
  const named = columns.flatMap(({ name }, at) => {
    const plain = name.trim().toLowerCase().replaceAll(' ', '_');
    return LICENCE_COLUMN.test(plain) ? [{ at, isAddress: /ur[il]$/.test(plain) }] : [];
  });
  return named.sort((a, b) => Number(b.isAddress) - Number(a.isAddress)).map(({ at }) => at);
}

/** The batches with the answer of each row's licence. */
export async function* judgeLicences<T>(
  batches: AsyncGenerator<RowBatch, T>,
  judge: (row: SampleRow) => SampleRow,
): AsyncGenerator<RowBatch, T> {
  for (;;) {
    const next = await batches.next();
    if (next.done) return next.value;
    const { rows, ...batch } = next.value;
    yield { ...batch, rows: rows.map(({ index, row }) => ({ index, row: judge(row) })) };
  }
}

function textOf(value: Value): string | null {
  if (Array.isArray(value)) return value.map((each: Value) => textOf(each) ?? '').join('; ');
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint'
    ? String(value)
    : null;
}
