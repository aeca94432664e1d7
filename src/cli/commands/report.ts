import type { Options } from '../../config/resolve.ts';
import { EXIT, type ExitCode, usageError } from '../../core/errors.ts';
import { defaultReportFile, writeReport } from '../../run/report/write-report.ts';
import { type DatasetReport, reportDataset } from '../../run/report.ts';
import { sanitizeText } from '../../util/text/terminal-text.ts';
import { formatBytes } from '../../util/text/units.ts';

/** Flags that only `report` has. */
export interface ReportFlags {
  /** The file to write; `-` for standard output. */
  readonly output?: string;
  readonly markdown?: boolean;
  readonly images?: string;
}

const [DEFAULT_IMAGES, MOST_IMAGES] = [36, 200] as const;
const STANDARD_OUTPUT = '-';

/**
 * `laion-fetch report <output>`: writes a page about a dataset and prints where it is; with `--json` or `--markdown`,
 * prints the report in that form.
 */
export async function runReport(options: Options, output: string, flags: ReportFlags): Promise<ExitCode> {
  const { markdown = false, output: file = null } = flags;
  if (options.json && markdown)
    throw usageError('--json and --markdown exclude each other; give one of them');
  const isPage = !options.json && !markdown;
  const images = countOf(flags.images);
  const report = await reportDataset({ output, options, images, withThumbnails: isPage });
  const text = await textOf(report, isPage ? 'page' : markdown ? 'markdown' : 'json');
  const path = file ?? (isPage ? defaultReportFile(output) : STANDARD_OUTPUT);
  if (path === STANDARD_OUTPUT) process.stdout.write(text);
  else {
    await writeReport(path, text);
    process.stdout.write(`wrote ${sanitizeText(path)} (${formatBytes(Buffer.byteLength(text))})\n`);
  }
  return EXIT.done;
}

/** What draws the page is loaded only for it. */
async function textOf(report: DatasetReport, form: 'page' | 'markdown' | 'json'): Promise<string> {
  if (form === 'page') return (await import('../../report/page/page.ts')).reportPage(report);
  if (form === 'markdown') return (await import('../../report/dataset/markdown.ts')).reportMarkdown(report);
  return `${(await import('../../report/dataset/json.ts')).reportJson(report)}\n`;
}

function countOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_IMAGES;
  const count = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (count <= MOST_IMAGES) return count;
  throw usageError(`--images: expected a number from 0 to ${MOST_IMAGES}, got '${text}'`);
}
