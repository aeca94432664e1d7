import type { RepairedShard } from '../run/verify/repair.ts';
import type { ComparedIndex, Verification } from '../run/verify.ts';
import { terminalJson } from '../util/text/terminal-json.ts';
import { sanitizeText } from '../util/text/terminal-text.ts';
import { formatCount, plural } from '../util/text/units.ts';

const SHOWN_FINDINGS = 50;

const ACTIONS: Readonly<Record<RepairedShard['action'], string>> = {
  removed: 'removed; the download recreates it',
  missing: 'missing; the download recreates it',
  left: 'left alone, because no run in the manifest made it; move it away by hand',
  refreshed: 'its files for loaders were written again',
};

/** What `verify` prints: each finding with its file and sample, the result of a repair, and a closing line. */
export function verifyText(output: string, report: Verification): string {
  const { shards, rows, successes, findings } = report;
  const lines = findings
    .slice(0, SHOWN_FINDINGS)
    .map(({ file, key, problem }) => `${file}${key === undefined ? '' : ` ${key}`}: ${problem}`);
  if (findings.length > SHOWN_FINDINGS)
    lines.push(`and ${formatCount(findings.length - SHOWN_FINDINGS)} more; --json lists them all`);
  lines.push(...report.indexes.map(indexLine), ...repairLines(report));
  const counted = [plural(shards, 'shard'), plural(rows, 'row'), plural(successes, 'sample')].join(', ');
  const verdict = findings.length === 0 ? 'complete' : plural(findings.length, 'finding');
  return [...lines, `${output}: ${verdict} (${counted})`].map((line) => sanitizeText(line, 4000)).join('\n');
}

export function verifyJson(output: string, report: Verification): string {
  const { shards, rows, successes, findings, broken, indexes, repair } = report;
  return terminalJson({
    output,
    ok: findings.length === 0,
    shards,
    rows,
    successes,
    faults: findings.map(({ problem, ...where }) => ({ ...where, fault: problem })),
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
  const lines = [
    ...repair.shards.map(({ shard, action }) => `shard ${shard}: ${ACTIONS[action]}`),
    ...(repair.files ?? []).map((name) => `${name}: was written again`),
  ];
  if (lines.length === 0) return ['repair: no shard is broken; nothing was changed'];
  if (repair.commands.length === 0) return lines;
  return [
    ...lines,
    'now run, with the same network options as before:',
    ...repair.commands.map((each) => `  ${each}`),
  ];
}
