/**
 * Runs 54 published command lines of img2dataset unchanged, here and with img2dataset 1.47.0, and compares the datasets:
 * layout, keys, sizes, JSON, captions, Parquet, statuses and statistics. Lines that are refused must say what to do
 * instead. `IMG2DATASET=path/to/bin/img2dataset npm run old-lines [-- readme cats ...]`.
 */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pLimit from 'p-limit';
import { inOneProcess, OFFLINE, prepare } from '../test/differential/command-line.ts';
import { comparable, deviated } from '../test/differential/compare.ts';
import { observe } from '../test/differential/observe.ts';
import type { CaseRecord } from '../test/differential/records.ts';
import { WEB } from '../test/differential/web.ts';
import { type Box, startBox } from '../test/support/box/box.ts';
import { runCli } from '../test/support/command/cli.ts';
import { OLD_LINES } from './old-lines/lines.ts';
import type { OldLine } from './old-lines/old-line.ts';

const run = promisify(execFile);
const AT_ONCE = 2;
/** No line may reach a store outside of this machine. */
const NO_STORE = {
  AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
  AWS_ACCESS_KEY_ID: 'none',
  AWS_SECRET_ACCESS_KEY: 'none',
  AWS_MAX_ATTEMPTS: '1',
  AWS_EC2_METADATA_DISABLED: 'true',
  STORAGE_EMULATOR_HOST: 'http://127.0.0.1:9',
};

interface Result {
  readonly passed: boolean;
  readonly text: string;
}

async function main(tool: string, wanted: readonly string[]): Promise<void> {
  const box = await startBox(WEB);
  const scratch = await mkdtemp(join(tmpdir(), 'laion-fetch-old-lines-'));
  const limit = pLimit(AT_ONCE);
  const lines = OLD_LINES.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  let failed = 0;
  try {
    await Promise.all(
      lines.map((line) =>
        limit(async () => {
          const folder = await mkdtemp(join(scratch, 'line-'));
          const { passed, text } = await judge(line, folder, box, tool).catch((error: unknown) => ({
            passed: false,
            text: String(error),
          }));
          if (!passed) failed += 1;
          console.log(`| ${line.name} | ${passed ? '' : '**FAILS** '}${text} |`);
          await rm(folder, { recursive: true });
        }),
      ),
    );
  } finally {
    await box.close();
    await rm(scratch, { recursive: true, force: true });
  }
  if (failed > 0) throw new Error(`${failed} of ${lines.length} old lines differ`);
}

async function judge(line: OldLine, folder: string, box: Box, tool: string): Promise<Result> {
  const base = `http://127.0.0.1:${box.ports.http}`;
  const { testCase, refusal } = line;
  const ours = await runLine(line, join(folder, 'ours'), base);
  if (refusal !== undefined) {
    const passed = ours.code !== 0 && refusal.test(ours.stderr) && !existsSync(ours.output);
    return { passed, text: `refused with ${ours.code}: ${ours.stderr.trim().split('\n').at(-1)}` };
  }
  if (ours.code !== 0) return { passed: false, text: `exit code ${ours.code}: ${ours.stderr}` };
  const observed = await observe(ours.output, base);
  const theirs = await runTheirs(testCase, join(folder, 'theirs'), base, tool);
  if (theirs === null) {
    const images = Object.values(observed.outcomes).filter((text) => /^\d+x\d+ of/.test(text)).length;
    const text = `${images} images; img2dataset makes no dataset: ${line.alone ?? 'UNEXPECTED'}`;
    return { passed: line.alone !== undefined && images >= 8, text };
  }
  const found = comparable(observed, theirs);
  const differences = compare(found, deviated(theirs, testCase.name));
  if (differences.length === 0) return { passed: true, text: 'the same' };
  const others = compare(withoutCsvTypes(found), withoutCsvTypes(deviated(theirs, testCase.name)));
  if (others.length === 0 && /^[ct]sv/.test(testCase.inputFormat ?? '')) {
    return { passed: true, text: 'the same, but columns of CSV stay text' };
  }
  return { passed: false, text: `differs\n${others.join('\n')}` };
}

async function runLine({ testCase }: OldLine, folder: string, base: string) {
  await mkdir(folder, { recursive: true });
  const { args, output } = await prepare(testCase, folder, base);
  const result = await runCli([...args, '--allow-private', '127.0.0.0/8'], { cwd: folder, env: NO_STORE });
  await removeIndex(testCase, folder);
  return { ...result, output: join(folder, output) };
}

/** What img2dataset wrote, or null if there is no dataset. Its exit code says nothing: unknown flags end it at its end. */
async function runTheirs(
  testCase: OldLine['testCase'],
  folder: string,
  base: string,
  tool: string,
): Promise<CaseRecord | null> {
  await mkdir(folder, { recursive: true });
  const { args, output } = await prepare(testCase, folder, base);
  const env = { ...process.env, ...OFFLINE };
  await run(tool, inOneProcess(args), { cwd: folder, env, maxBuffer: 2 ** 26, timeout: 240_000 }).catch(
    () => {},
  );
  await removeIndex(testCase, folder);
  const isThere =
    existsSync(join(folder, output)) &&
    readdirSync(join(folder, output)).some((name) => name.endsWith('_stats.json'));
  if (!isThere) return null;
  const { outcomes, ...facts } = await observe(join(folder, output), base);
  return facts;
}

/** One line has its index in its output. */
async function removeIndex({ documented, inputFormat }: OldLine['testCase'], folder: string): Promise<void> {
  if (documented?.list !== documented?.output) return;
  await rm(join(folder, documented?.output ?? '', `part-0.${inputFormat}`));
}

/** A line for each item in which two records differ. */
function compare(found: CaseRecord, expected: CaseRecord): string[] {
  return Object.entries(expected).flatMap(([fact, value]) => {
    const [ours, theirs] = [itemsOf(found[fact as keyof CaseRecord]), itemsOf(value)];
    return [...new Set([...ours.keys(), ...theirs.keys()])].flatMap((name) => {
      const [a = 'nothing', b = 'nothing'] = [ours.get(name), theirs.get(name)];
      return a === b ? [] : [`  ${fact} ${name}\n    laion-fetch: ${a}\n    img2dataset: ${b}`];
    });
  });
}

function itemsOf(fact: unknown): Map<string, string> {
  return new Map(
    Object.entries(fact ?? {}).map(([name, value]) => [
      name,
      JSON.stringify(value, sortFields).slice(0, 500),
    ]),
  );
}

/** Fields have no order where messages that deviate were sorted; in the JSON of samples, which is text here, they have one. */
function sortFields(_: string, value: unknown): unknown {
  return value instanceof Object && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort())
    : value;
}

/** A record in which numbers in columns of CSV are equal to their texts. */
function withoutCsvTypes(record: CaseRecord): CaseRecord {
  const text = JSON.stringify(record, (_, value) => {
    return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  });
  return JSON.parse(
    text.replace(/ (DOUBLE|BIGINT|VARCHAR)"/g, ' text"').replace(/\\": \\"(-?\d+(?:\.\d+)?)\\"/g, '\\": $1'),
  );
}

const tool = process.env['IMG2DATASET'];
if (tool === undefined) throw new Error("Set IMG2DATASET to the path of img2dataset's command");
await main(tool, process.argv.slice(2));
