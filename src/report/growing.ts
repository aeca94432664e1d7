import type { Attributed } from '../run/attribution.ts';
import type { ColumnsChanged } from '../run/columns.ts';
import type { Merger } from '../run/merge.ts';
import type { Removal } from '../run/remove.ts';
import { terminalJson } from '../util/text/terminal-json.ts';
import { sanitizeText } from '../util/text/terminal-text.ts';
import { plural } from '../util/text/units.ts';

const MAX_LENGTH = 4000;

/** On a terminal, a line that counts the shards that are done and disappears with the last. */
export function shardsDone(
  screen: Pick<NodeJS.WriteStream, 'isTTY' | 'write'>,
): (done: number, shards: number) => void {
  return (done, shards) => {
    if (screen.isTTY)
      screen.write(done === shards ? '\r\u001b[K' : `\r${done} of ${plural(shards, 'shard')}`);
  };
}

/** The line at the end of a merger. */
export function mergerText({ output, datasets, shards, shardsBefore, rows, samples }: Merger): string {
  const before = shardsBefore === 0 ? '' : `, ${shardsBefore} there before`;
  const written = [plural(rows, 'row'), plural(samples, 'sample')].join(' and ');
  const counted = `${plural(shards, 'shard')} of ${plural(datasets, 'dataset')}${before}`;
  return sanitizeText(`${output}: merged ${counted}; wrote ${written}`, MAX_LENGTH);
}

export function mergerJson({ output, datasets, shards, shardsBefore, rows, samples }: Merger): string {
  return terminalJson({ output, datasets, shards, shards_before: shardsBefore, rows, samples });
}

/** The line at the end of a change of columns. */
export function columnsText(changed: ColumnsChanged): string {
  const { output, added, dropped, shards, shardsBefore, rows, withoutValue } = changed;
  const what = [
    ...(added.length === 0 ? [] : [`added ${added.join(', ')}`]),
    ...(dropped.length === 0 ? [] : [`removed ${dropped.join(', ')}`]),
  ].join(', ');
  const before = shardsBefore === 0 ? '' : ` (${plural(shardsBefore, 'shard')} before)`;
  const missing = withoutValue === 0 ? '' : `; ${plural(withoutValue, 'row')} without a row of the table`;
  const text = `${output}: ${what} in ${plural(shards, 'shard')}${before}, ${plural(rows, 'row')} written${missing}`;
  return sanitizeText(text, MAX_LENGTH);
}

export function columnsJson(changed: ColumnsChanged): string {
  const { output, added, dropped, shards, shardsBefore, rows, withoutValue } = changed;
  return terminalJson({
    output,
    added,
    dropped,
    shards,
    shards_before: shardsBefore,
    rows,
    rows_without_value: withoutValue,
  });
}

/** The lines at the end of a removal. */
export function removalText({ output, removed, shards }: Removal): string {
  const samples = [...removed.values()].reduce((sum, count) => sum + count, 0);
  const written = `${plural(shards.rewritten, 'shard')} rewritten, ${shards.unchanged} unchanged`;
  const reasons = [...removed].map(([reason, count]) => `\n  ${reason}: ${count}`).join('');
  return `${sanitizeText(output, MAX_LENGTH)}: ${plural(samples, 'sample')} taken out; ${written}${reasons}`;
}

export function removalJson({ output, removed, shards }: Removal): string {
  return terminalJson({ output, removed: Object.fromEntries(removed), shards });
}

/** The line at the end of `attribution`. */
export function attributionText({ output, images, creators, licences }: Attributed): string {
  const known = `${creators} with a creator, ${licences} with a licence`;
  return sanitizeText(
    `${output}: ATTRIBUTION.md and ATTRIBUTION.parquet list ${plural(images, 'image')}, ${known}`,
    MAX_LENGTH,
  );
}

export const attributionJson = (attributed: Attributed): string => terminalJson({ ...attributed });
