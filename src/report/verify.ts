import type { RepairedShard } from '../run/verify/repair.ts';
import type { ComparedIndex, Verification } from '../run/verify.ts';
import { terminalJson } from '../util/text/terminal-json.ts';
import { sanitizeText } from '../util/text/terminal-text.ts';
import { formatCount, plural } from '../util/text/units.ts';

const SHOWN_FAULTS = 50;

const ACTIONS: Readonly<Record<RepairedShard['action'], string>> = {
  removed: 'removed, to be made again',
  missing: 'is missing, to be made again',
  left: 'left alone, no run of the manifest has made it; move it away by hand',
};

/** What `verify` prints: each fault with its file and sample, what a repair did, and a closing line. */
export function verifyText(output: string, report: Verification): string {
  const { shards, rows, successes, faults } = report;
  const lines = faults
    .slice(0, SHOWN_FAULTS)
    .map(({ file, key, fault }) => `${file}${key === undefined ? '' : ` ${key}`}: ${fault}`);
  if (faults.length > SHOWN_FAULTS)
    lines.push(`and ${formatCount(faults.length - SHOWN_FAULTS)} more; --json lists all`);
  lines.push(...report.indexes.map(indexLine), ...repairLines(report));
  const counted = [plural(shards, 'shard'), plural(rows, 'row'), plural(successes, 'sample')].join(', ');
  const verdict = faults.length === 0 ? 'whole' : plural(faults.length, 'fault');
  return [...lines, `${output}: ${verdict} (${counted})`].map((line) => sanitizeText(line, 4000)).join('\n');
}

export function verifyJson(output: string, report: Verification): string {
  const { shards, rows, successes, faults, broken, indexes, repair } = report;
  return terminalJson({
    output,
    ok: faults.length === 0,
    shards,
    rows,
    successes,
    faults,
    broken_shards: broken.map(({ shard }) => shard),
    indexes: indexes.map(({ names, rows, skipped }) => ({
      names,
      rows_compared: rows,
      not_compared: skipped,
    })),
    ...(repair === null ? {} : { repair }),
  });
}

function indexLine({ names, rows, skipped }: ComparedIndex): string {
  const index = names.length === 1 ? `index '${names[0]}'` : `index of ${plural(names.length, 'file')}`;
  return skipped === null
    ? `${index}: compared, ${plural(rows, 'row')}`
    : `${index}: not compared, ${skipped}`;
}

function repairLines({ repair }: Verification): string[] {
  if (repair === null) return [];
  if (repair.shards.length === 0) return ['repair: no shard is broken, nothing was touched'];
  const lines = repair.shards.map(({ shard, action }) => `shard ${shard}: ${ACTIONS[action]}`);
  if (repair.commands.length === 0) return lines;
  return [
    ...lines,
    'run, with the network options of before:',
    ...repair.commands.map((each) => `  ${each}`),
  ];
}
