/**
 * Records what img2dataset writes: `tsx test/differential/record.ts path/to/bin/img2dataset [theme...]`. It connects only
 * to the box.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pLimit from 'p-limit';
import { startBox } from '../support/box/box.ts';
import { type Case, THEMES, type Theme } from './cases.ts';
import { inOneProcess, OFFLINE, prepare } from './command-line.ts';
import { observe } from './observe.ts';
import { type CaseRecord, recordPath, recordText } from './records.ts';
import { WEB } from './web.ts';

const run = promisify(execFile);
const AT_ONCE = 3;
async function main(tool: string, wanted: readonly string[]): Promise<void> {
  const box = await startBox(WEB);
  const scratch = await mkdtemp(join(tmpdir(), 'laion-fetch-record-'));
  const base = `http://127.0.0.1:${box.ports.http}`;
  const limit = pLimit(AT_ONCE);

  const record = async (testCase: Case, facts: Theme['facts']): Promise<CaseRecord> => {
    console.error(testCase.name);
    const folder = await mkdtemp(join(scratch, 'case-'));
    const { args, output } = await prepare(testCase, folder, base);
    await run(tool, inOneProcess(args), {
      cwd: folder,
      env: { ...process.env, ...OFFLINE },
      maxBuffer: 2 ** 26,
    });
    const observation = await observe(join(folder, output), base);
    return Object.fromEntries(facts.map((fact) => [fact, observation[fact]]));
  };

  try {
    const themes = THEMES.filter((theme) => wanted.length === 0 || wanted.includes(theme.name));
    for (const theme of themes) {
      const records = await Promise.all(
        theme.cases.map(
          async (testCase): Promise<[string, CaseRecord]> => [
            testCase.name,
            await limit(() => record(testCase, theme.facts)),
          ],
        ),
      );
      await writeFile(recordPath(theme), recordText(Object.fromEntries(records)));
    }
  } finally {
    await box.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

const [tool, ...wanted] = process.argv.slice(2);
if (tool === undefined) throw new Error('Expected the path of the command img2dataset');
await main(tool, wanted);
