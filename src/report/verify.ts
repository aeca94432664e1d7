import type { VerifyReport } from '../run/verify.ts';
import { sanitizeText } from '../util/terminal-text.ts';
import { formatCount, plural } from '../util/units.ts';

const SHOWN_FAULTS = 50;

/** What `verify` prints: each fault with its file and sample, and a closing line. */
export function verifyText(output: string, { shards, rows, successes, faults }: VerifyReport): string {
  const lines = faults
    .slice(0, SHOWN_FAULTS)
    .map(({ file, key, fault }) => sanitizeText(`${file}${key === undefined ? '' : ` ${key}`}: ${fault}`));
  if (faults.length > SHOWN_FAULTS)
    lines.push(`and ${formatCount(faults.length - SHOWN_FAULTS)} more; --json lists all`);
  const counted = [plural(shards, 'shard'), plural(rows, 'row'), plural(successes, 'sample')].join(', ');
  const verdict = faults.length === 0 ? 'whole' : plural(faults.length, 'fault');
  return [...lines, `${sanitizeText(output)}: ${verdict} (${counted})`].join('\n');
}

export function verifyJson(output: string, report: VerifyReport): string {
  return JSON.stringify({ output, ok: report.faults.length === 0, ...report });
}
