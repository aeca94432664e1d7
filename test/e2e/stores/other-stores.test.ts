import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli, spawnCli } from '../../support/command/cli.ts';
import { digestFiles } from '../../support/command/read-dataset.ts';
import { openBucket } from '../../support/stores/bucket-files.ts';
import {
  hasStoreProgram,
  type StoreProgram,
  schemeOf,
  startStoreServer,
} from '../../support/stores/start-store.ts';
import type { StoreServer } from '../../support/stores/store-server.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const SECRET = Buffer.from('another-secret').toString('base64');
interface Program {
  readonly program: StoreProgram;
  /** Variables in which a secret is wrong. */
  wrong(env: StoreServer['env'], folder: string): Promise<Record<string, string>>;
  /** Where nothing can be written, and what the line about it ends with. */
  readonly missing: readonly [address: string, line: RegExp];
}

const NO_BUCKET = /there is no (bucket|container) 'missing'; create it, or name another\n$/;

const PROGRAMS: readonly Program[] = [
  {
    program: 'azurite',
    missing: ['az://missing/laion', NO_BUCKET],
    wrong: async ({ AZURE_STORAGE_CONNECTION_STRING: text = '' }) => ({
      AZURE_STORAGE_CONNECTION_STRING: text.replace(/AccountKey=[^;]+/, `AccountKey=${SECRET}`),
    }),
  },
  {
    // The emulator takes any credentials. These cannot even be used to sign.
    program: 'fake-gcs-server',
    missing: ['gs://missing/laion', NO_BUCKET],
    wrong: async (_, folder) => {
      const file = join(folder, 'key.json');
      const key = { type: 'service_account', client_email: 'a@b.example', private_key: SECRET };
      await writeFile(file, JSON.stringify(key));
      return { STORAGE_EMULATOR_HOST: '', GOOGLE_APPLICATION_CREDENTIALS: file };
    },
  },
  {
    program: 'hub',
    missing: [
      'hf://datasets/owner/missing/laion',
      /there is no dataset 'owner\/missing' on the hub \(HTTP 404\); [^;]*: hf repo create owner\/missing [-a-z ]+\n$/,
    ],
    wrong: async () => ({ HF_TOKEN: `hf_${SECRET}` }),
  },
];
const installed = await Promise.all(
  PROGRAMS.map(async ({ program }) => process.env['CI'] !== undefined || (await hasStoreProgram(program))),
);

describe.each(PROGRAMS.filter((_, i) => installed[i]))(
  'a dataset in $program',
  ({ program, wrong, missing }) => {
    let server: StoreServer;
    beforeAll(async () => {
      server = await startStoreServer(program);
    });
    afterAll(() => server.stop());

    test('is that of a folder, after a kill, beside a second run, and after retry and overwrite', async () => {
      let isHealed = false;
      const { box, folder, reach, writeIndex } = await useWeb({
        hosts: {
          '*': {
            paths: {
              '*': ({ path }) =>
                path === '/8' && !isHealed ? { status: 503 } : { body: { fixture: 'images/tiny.jpg' } },
              '/slow': () => ({ hang: true }),
            },
          },
        },
      });
      const rows = Array.from({ length: 14 }, (_, i) => [box.url('a.example', `/${i}`), `row ${i}`] as const);
      const index = await writeIndex(rows);
      const slow = await writeIndex([...rows, [box.url('b.example', '/slow'), 'slow']]);
      const [bucket, scratch, local] = [
        await server.newBucket(),
        join(folder, 'scratch'),
        join(folder, 'local'),
      ];
      const files = openBucket(program, server, bucket);
      const output = `${schemeOf(program)}://${bucket}/laion`;
      const env = { ...server.env, LAION_FETCH_SCRATCH: scratch };
      const flags = [
        '--number-sample-per-shard',
        '10',
        '--image-size',
        '8',
        '--retries',
        '0',
        '--decoders',
        '1',
        ...reach,
      ];
      const run = (...args: string[]) => runCli(args, { env });
      const sameTars = async (): Promise<void> =>
        expect(await files.digests('laion', '.tar')).toEqual(digestFiles(local, '.tar'));

      const running = spawnCli(
        [slow, '--output', output, ...flags, '--timeout', '60s', '--deadline', '60s'],
        {
          env,
        },
      );
      const hasShard = async (): Promise<boolean> => (await files.keys()).includes('laion/00000_stats.json');
      await expect.poll(hasShard, { timeout: 60_000 }).toBe(true);
      const second = await run(index, '--output', output, ...flags);
      expect(second.code).toBe(7);
      expect(second.stderr).toMatch(/is writing there; wait for it/);
      running.kill('SIGKILL');
      await running.result;

      const overwrite = ['--incremental-mode', 'overwrite'];
      expect(await run(index, '--output', output, ...flags, ...overwrite)).toMatchObject({ code: 0 });
      expect(await run(index, '--output', local, ...flags)).toMatchObject({ code: 0 });
      await sameTars();
      const names = (await files.keys()).filter((key) => /^laion\/(?!\.laion-fetch\/commit\/)/.test(key));
      const inFolder = readdirSync(local, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join('laion', entry.parentPath.slice(local.length), entry.name));
      expect(names).toEqual(inFolder.sort());
      isHealed = true;
      for (const place of [output, local]) {
        expect(await run('retry', place, '--class', 'http_503', ...reach)).toMatchObject({ code: 0 });
      }
      await sameTars();
      expect(await run('verify', output, '--deep')).toMatchObject({ code: 0 });
      expect(await files.openUploads()).toBe(0);
      expect(readdirSync(scratch)).toEqual([]);
    }, 300_000);

    test.each([
      ['a bucket that is not there', {}, missing[1]],
      [
        'wrong credentials',
        null,
        /: the (store does not accept the credentials|credentials (do not allow this|cannot be used)|hub does not accept the token)[^\n]*; \w+ [^\n]*\n$/,
      ],
    ])('%s: one line, exit code 4, for an index 3, and no credential', async (_, given, line) => {
      const bad = given === null ? await wrong(server.env, await useTempFolder()) : {};
      const env = { ...server.env, ...bad };
      const [place] = missing;
      const written = await runCli(['fixtures/index.parquet', '--output', place, '--quiet'], { env });
      const read = await runCli(['inspect', `${place}/*.parquet`], { env });
      expect([written.code, read.code]).toEqual([4, 3]);
      for (const { stdout, stderr } of [written, read]) {
        expect(stderr).toMatch(/^laion-fetch: Cannot [^\n]*\n$/);
        expect(stderr).toMatch(line);
        expect(stdout + stderr).not.toContain(SECRET);
      }
    });
  },
);
