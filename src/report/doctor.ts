import type { Finding } from '../run/doctor.ts';
import { terminalJson } from '../util/text/terminal-json.ts';
import { sanitizeText } from '../util/text/terminal-text.ts';
import { plural } from '../util/text/units.ts';

const VERDICT_WIDTH = 'fail'.length;

/** What `doctor` prints: a line for each check, followed by a remedy if one is needed, and a closing line. */
export function doctorText(findings: readonly Finding[]): string {
  const nameWidth = Math.max(...findings.map(({ name }) => name.length));
  const lines = findings.flatMap(({ name, verdict, found, remedy }) => [
    `${verdict.padEnd(VERDICT_WIDTH)}  ${name.padEnd(nameWidth)}  ${sanitizeText(found)}`,
    ...(remedy === null ? [] : [`${' '.repeat(VERDICT_WIDTH)}  → ${sanitizeText(remedy)}`]),
  ]);
  return [...lines, closing(findings)].join('\n');
}

function closing(findings: readonly Finding[]): string {
  const failed = findings.filter(({ verdict }) => verdict === 'fail').length;
  const warnings = plural(findings.filter(({ verdict }) => verdict === 'warn').length, 'warning');
  if (failed > 0) return `This machine is not ready for the run: ${plural(failed, 'failure')}, ${warnings}.`;
  return `This machine is ready for the run: ${warnings}.`;
}

/** The same as one JSON document. */
export function doctorJson(findings: readonly Finding[]): string {
  return terminalJson({ ok: findings.every(({ verdict }) => verdict !== 'fail'), checks: findings });
}
