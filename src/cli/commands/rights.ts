import type { Options } from '../../config/resolve.ts';
import { EXIT, type ExitCode } from '../../core/errors.ts';
import type { RightsCount, RightsFigures } from '../../run/rights/rights-counter.ts';
import { writeRightsTable } from '../../run/rights/rights-table.ts';
import { rightsOf } from '../../run/rights.ts';
import { sanitizeText } from '../../util/text/terminal-text.ts';

export interface RightsFlags {
  readonly parquet?: string;
}

/** `laion-fetch rights <output>`: shows how many owners said no, how, and where, with examples. */
export async function runRights(
  { json }: Options,
  output: string,
  { parquet }: RightsFlags,
): Promise<ExitCode> {
  if (parquet !== undefined) await writeRightsTable(output, parquet);
  const figures = await rightsOf(output);
  process.stdout.write(json ? `${JSON.stringify(figures, null, 2)}\n` : rightsText(figures));
  return EXIT.done;
}

function rightsText(figures: RightsFigures): string {
  const { rows, images, denied, recorded, licensed, credited } = figures;
  const share = rows === 0 ? '0.0' : ((100 * denied) / rows).toFixed(1);
  const lines = [
    `${denied} of ${rows} rows (${share} %) were denied; ${recorded} have a record`,
    `of ${images} images, a licence is named for ${licensed} and a creator for ${credited}`,
    ...section('Denied rows by failure', figures.failures),
    ...section('Denied rows by who decided', figures.mechanisms),
    ...section('Denied rows by host', figures.hosts),
    ...section('What was said, in denied and kept rows', figures.signals),
    ...section('Images by licence', figures.licences),
    ...section('Images by creator', figures.creators),
  ];
  return `${lines.join('\n')}\n`;
}

function section(title: string, counts: readonly RightsCount[]): string[] {
  if (counts.length === 0) return [];
  const width = Math.max(...counts.map(({ name }) => name.length));
  return [
    '',
    `${title}:`,
    ...counts.map(({ name, rows, example }) =>
      sanitizeText(`  ${name.padEnd(width)} ${String(rows).padStart(9)}  ${example}`),
    ),
  ];
}
