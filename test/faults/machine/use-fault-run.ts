import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import type { Answer } from '../../support/box/answers.ts';
import { PHOTOS } from '../../support/box/photos.ts';
import { useWeb, type Web } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { digestFiles } from '../../support/command/read-dataset.ts';
import type { AtEnd } from '../../support/temp-folder.ts';

const CHECKER = fileURLToPath(new URL('../../independent/check_dataset.py', import.meta.url));
const { LAION_FETCH_PYTHON: PYTHON } = process.env;

export interface FaultRun extends Web {
  /** The command line of a download into a folder. */
  readonly args: (output: string) => readonly string[];
  /** The tars of an undisturbed run, by name. */
  readonly undisturbed: () => Promise<Record<string, string>>;
  /** Resumes the run in a folder, undisturbed, and checks that nothing was lost. */
  readonly resume: (output: string) => Promise<void>;
}

/** A web of images, every ninth of which is gone, and a download of `rows` of them in shards of ten. `onRequest` runs before each answer. */
export async function useFaultRun(
  rows: number,
  atEnd: AtEnd = onTestFinished,
  onRequest: (answer: Answer) => void = () => {},
): Promise<FaultRun> {
  const web = await useWeb(
    {
      hosts: {
        '*': {
          paths: {
            '*': ({ path }) => {
              const answer = showPage(Number(path.slice(1)));
              onRequest(answer);
              return answer;
            },
          },
        },
      },
    },
    atEnd,
  );
  const index = await web.writeIndex(
    Array.from(
      { length: rows },
      (_, page) => [web.box.url(`h${page % 5}.example`, `/${page}`), `image ${page}`] as const,
    ),
  );
  const args = (output: string): readonly string[] => [
    ...[index, '--output', output, '--number-sample-per-shard', '10', '--image-size', '128'],
    ...['--decoders', '1', ...web.reach],
  ];
  const undisturbed = async (): Promise<Record<string, string>> => {
    const folder = join(web.folder, 'undisturbed');
    expect(await runCli(args(folder))).toMatchObject({ code: 0 });
    return digestFiles(folder, '.tar');
  };
  return {
    ...web,
    args,
    undisturbed,
    resume: async (output) => {
      expect(await runCli(args(output))).toMatchObject({ code: 0 });
      expect(await runCli(['verify', output])).toMatchObject({
        code: 0,
        stdout: expect.stringContaining(`${rows} rows`),
      });
      if (PYTHON !== undefined) execFileSync(PYTHON, [CHECKER, output, index, 'url'], { stdio: 'pipe' });
    },
  };
}

function showPage(page: number): Answer {
  const body = PHOTOS[page % PHOTOS.length];
  return page % 9 === 8 || body === undefined ? { status: 404 } : { body };
}
