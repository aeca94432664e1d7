import type { VerifyReport } from '../run/verify.ts';
import { sanitizeText } from '../util/terminal-text.ts';
import { formatCount } from '../util/units.ts';

const SHOWN_FAULTS = 50;

/** What `verify` prints: each fault with its file and sample, and a closing line. */
export function verifyText(output: string, { shards, rows, successes, faults }: VerifyReport): string {
  const lines = faults
    .slice(0, SHOWN_FAULTS)
    .map(({ file, key, fault }) => sanitizeText(`${file}${key === undefined ? '' : ` ${key}`}: ${fault}`));
  if (faults.length > SHOWN_FAULTS)
    lines.push(`and ${formatCount(faults.length - SHOWN_FAULTS)} more; --json lists all`);
  const counted = `${formatCount(shards)} shards, ${formatCount(rows)} rows, ${formatCount(successes)} samples`;
  const verdict = faults.length === 0 ? 'whole' : `${formatCount(faults.length)} faults`;
  return [...lines, `${sanitizeText(output)}: ${verdict} (${counted})`].join('\n');
}

export function verifyJson(output: string, report: VerifyReport): string {
  return JSON.stringify({ output, ok: report.faults.length === 0, ...report });
}
