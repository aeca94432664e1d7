import type { Options } from '../../config/resolve.ts';
import { EXIT, type ExitCode } from '../../core/errors.ts';
import { rightsCountLines } from '../../report/dataset/rights-counts.ts';
import type { RightsCount, RightsFigures } from '../../run/rights/rights-counter.ts';
import { writeRightsTable } from '../../run/rights/rights-table.ts';
import { rightsOf } from '../../run/rights.ts';

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

/** What the verdicts of signals mean, whose names are for programs. */
const VERDICTS: Readonly<Record<string, string>> = {
  deny: 'refuses',
  allow: 'permits',
  record: 'refuses others, or is unclear',
  unknown: 'says nothing about training',
};

const inWords = (count: RightsCount): RightsCount => {
  const [mechanism = '', verdict = ''] = count.name.split(' ');
  return { ...count, name: `${mechanism}: ${VERDICTS[verdict] ?? verdict}` };
};

function rightsText(figures: RightsFigures): string {
  const { rows, images, denied, recorded, licensed, credited } = figures;
  const share = rows === 0 ? '0.0' : ((100 * denied) / rows).toFixed(1);
  const lines = [
    `${denied} of ${rows} rows (${share} %) were denied; ${recorded} have a signal on record`,
    `of ${images} images, a licence is named for ${licensed} and a creator for ${credited}`,
    ...rightsCountLines('Denied rows by failure', figures.failures),
    ...rightsCountLines('Denied rows by signal', figures.mechanisms),
    ...rightsCountLines('Denied rows by host', figures.hosts),
    ...rightsCountLines('Signals, in denied and kept rows', figures.signals.map(inWords)),
    ...rightsCountLines('Images by licence', figures.licences),
    ...rightsCountLines('Images by creator', figures.creators),
  ];
  return `${lines.join('\n')}\n`;
}
