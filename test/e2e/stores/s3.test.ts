import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli, spawnCli } from '../../support/command/cli.ts';
import { digestFiles } from '../../support/command/read-dataset.ts';
import { type BucketFiles, S3Files } from '../../support/stores/bucket-files.ts';
import { hasS3Program, startS3Server } from '../../support/stores/s3-server.ts';
import type { StoreServer } from '../../support/stores/store-server.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

/** Files whose bytes depend on the index and the answers alone. */
const EXACT = ['.tar', '.jpg', '.json', '.txt'];
const isInstalled = (await hasS3Program('moto')) || process.env['CI'] !== undefined;

describe.skipIf(!isInstalled)('--output s3://bucket/path', () => {
  let server: StoreServer;
  beforeAll(async () => {
    server = await startS3Server('moto');
  });
  afterAll(() => server.stop());

  /** A web of images, of which every ninth fails until `heal` is called, and a bucket. */
  async function useBucket(rows = 24) {
    let isHealed = false;
    const web = await useWeb({
      hosts: {
        '*': {
          paths: {
            '*': ({ path }) =>
              Number(path.slice(1)) % 9 === 8 && !isHealed
                ? { status: 503 }
                : { body: { fixture: 'images/tiny.jpg' } },
            '/slow': () => ({ hang: true }),
          },
        },
      },
    });
    const index = await web.writeIndex(
      Array.from({ length: rows }, (_, i) => [web.box.url('a.example', `/${i}`), `row ${i}`]),
    );
    const bucket = await server.newBucket();
    const scratch = join(web.folder, 'scratch');
    const env = { ...server.env, LAION_FETCH_SCRATCH: scratch };
    const flags = ['--number-sample-per-shard', '10', '--image-size', '8', '--retries', '0', ...web.reach];
    const to = (output: string, ...more: string[]) =>
      runCli([index, '--output', output, ...flags, ...more], { env });
    return {
      ...web,
      index,
      env,
      flags,
      scratch,
      to,
      files: new S3Files(server, bucket),
      output: `s3://${bucket}/laion`,
      local: join(web.folder, 'local'),
      heal: () => {
        isHealed = true;
      },
      run: (...args: string[]) => runCli(args, { env }),
    };
  }

  /** The names in a dataset without those that only a store has. */
  const namesOf = async ({ files }: { files: BucketFiles }): Promise<string[]> =>
    (await files.keys())
      .map((key) => key.replace('laion/', ''))
      .filter((name) => !name.startsWith('.laion-fetch/commit/'));

  test('attribution is written into the bucket', async () => {
    const bucket = await useBucket(3);
    const { output, files, run } = bucket;
    const rows = [0, 1].map((at) => `${bucket.box.url('a.example', `/${at}`)},CC BY 4.0,Ada`);
    await writeFile(bucket.index, ['url,license,author', ...rows, ''].join('\n'));
    expect(await bucket.to(output)).toMatchObject({ code: 0 });
    expect(await run('attribution', output)).toMatchObject({ code: 0 });
    expect((await namesOf(bucket)).filter((name) => name.startsWith('ATTRIBUTION'))).toEqual([
      'ATTRIBUTION.md',
      'ATTRIBUTION.parquet',
    ]);
    expect(`${await files.bytes('laion/ATTRIBUTION.md')}`).toContain('- **Ada**: 2 images');
    expect(await run('verify', output)).toMatchObject({ code: 0 });
  });

  test('holds what a folder would hold, and verify, report, retry, extend and overwrite work there', async () => {
    const bucket = await useBucket();
    const { output, local, files, to, run, scratch } = bucket;
    expect(await to(output)).toMatchObject({ code: 0 });
    expect(await to(local)).toMatchObject({ code: 0 });
    const inFolder = readdirSync(local, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(local.length + 1));
    expect(await namesOf(bucket)).toEqual(inFolder.sort());
    expect(await files.digests('laion', '.tar')).toEqual(digestFiles(local, '.tar'));
    expect(readdirSync(scratch)).toEqual([]);
    expect(await run('verify', output)).toMatchObject({ code: 0 });
    expect(await run('report', output, '--json')).toMatchObject({ code: 0 });

    bucket.heal();
    const again = ['--class', 'http_503', ...bucket.reach];
    expect(await run('retry', output, ...again)).toMatchObject({ code: 0 });
    expect(await run('retry', local, ...again)).toMatchObject({ code: 0 });
    expect(await files.digests('laion', '.tar')).toEqual(digestFiles(local, '.tar'));
    expect(await run('verify', output)).toMatchObject({ code: 0 });

    const extended = ['--incremental-mode', 'extend'];
    expect(await to(output, ...extended)).toMatchObject({ code: 0 });
    expect(await to(local, ...extended)).toMatchObject({ code: 0 });
    expect(await files.digests('laion', '.tar')).toEqual(digestFiles(local, '.tar'));

    expect(await to(output, '--incremental-mode', 'overwrite')).toMatchObject({ code: 0 });
    expect(Object.keys(await files.digests('laion', '.tar'))).toHaveLength(3);
    expect(await run('verify', output)).toMatchObject({ code: 0 });
    expect(await files.openUploads()).toBe(0);
  }, 120_000);

  test('holds folders of files as well', async () => {
    const { output, local, files, to, run } = await useBucket(12);
    const flags = ['--output-format', 'files'];
    expect(await to(output, ...flags)).toMatchObject({ code: 0 });
    expect(await to(local, ...flags)).toMatchObject({ code: 0 });
    expect(await files.digests('laion/00000', ...EXACT)).toEqual(
      Object.assign({}, ...EXACT.map((ending) => digestFiles(join(local, '00000'), ending))),
    );
    expect(await run('verify', output)).toMatchObject({ code: 0 });
  }, 60_000);

  test('refuses a second run at once, and resumes after a kill without help', async () => {
    const { output, files, env, index, flags, reach, box, writeIndex, to, run } = await useBucket();
    const slow = await writeIndex([
      [box.url('a.example', '/0'), 'a'],
      [box.url('b.example', '/slow'), 'b'],
    ]);
    const running = spawnCli([slow, '--output', output, '--timeout', '60s', '--deadline', '60s', ...reach], {
      env: { ...env, LAION_FETCH_PROGRESS: 'json' },
    });
    const held = async (): Promise<boolean> =>
      (await files.keys()).includes('laion/.laion-fetch/manifest.json');
    await expect.poll(held, { timeout: 30_000 }).toBe(true);
    const second = await runCli([index, '--output', output, ...flags], { env });
    expect(second.code).toBe(7);
    expect(second.stderr).toMatch(/Cannot write to 's3:.*': process \d+ on .* is writing there; wait for it/);
    running.kill('SIGKILL');
    await running.result;
    expect(await to(output, '--incremental-mode', 'overwrite')).toMatchObject({ code: 0 });
    expect(await run('verify', output)).toMatchObject({ code: 0 });
    expect(await files.openUploads()).toBe(0);
  }, 90_000);

  test('goes on after a store that was full', async () => {
    const { env, index, output, flags, run, files } = await useBucket();
    const proxy = await startFullStore(server.endpoint);
    onTestFinished(() => proxy.close());
    const throughProxy = { env: { ...env, AWS_ENDPOINT_URL: proxy.endpoint } };
    const full = await runCli([index, '--output', output, ...flags, '--quiet'], throughProxy);
    expect(full).toMatchObject({ code: 4 });
    expect(full.stderr).toMatch(
      /^laion-fetch: Cannot write 's3:[^\n]*': the store is full \(QuotaExceeded[^\n]*\n$/,
    );
    expect(await files.openUploads()).toBe(0);
    proxy.makeRoom();
    const resumed = await runCli([index, '--output', output, ...flags, '--json'], throughProxy);
    expect(JSON.parse(resumed.stdout)).toMatchObject({ rows: 24 });
    expect(await run('verify', output)).toMatchObject({ code: 0 });
  }, 60_000);
});

describe('a store that refuses', () => {
  // A busy machine may take minutes before the test begins.
  const minutesAgo = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toUTCString();

  test.each([
    ['InvalidAccessKeyId', 403, {}, 'the store does not accept the credentials (InvalidAccessKeyId'],
    ['SignatureDoesNotMatch', 403, {}, 'check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'],
    ['AccessDenied', 403, {}, "the credentials do not allow this in bucket 'laion' (AccessDenied"],
    ['NoSuchBucket', 404, {}, "there is no bucket 'laion'; create it"],
    ['QuotaExceeded', 403, {}, 'the store is full (QuotaExceeded'],
    ['RequestTimeTooSkewed', 403, { date: minutesAgo(20) }, 'differs by 2'],
  ])(
    'is told in one line without credentials, exit code 4, for an index 3: %s',
    async (code, status, headers, text) => {
      const secret = 'a-secret-that-nobody-may-see';
      const xml = `<Error><Code>${code}</Code><Message>${secret} KEYID</Message></Error>`;
      const store = await startServer((_, answer) => {
        answer.writeHead(status, { 'content-type': 'application/xml', ...headers }).end(xml);
      });
      onTestFinished(() => store.close());
      const folder = await useTempFolder();
      await writeFile(join(folder, 'i.csv'), 'url,caption\nhttp://a.example/1,one\n');
      const env = {
        AWS_ENDPOINT_URL: store.endpoint,
        AWS_ACCESS_KEY_ID: 'KEYID',
        AWS_SECRET_ACCESS_KEY: secret,
        LAION_FETCH_SCRATCH: join(folder, 'scratch'),
      };
      const args = [join(folder, 'i.csv'), '--output', 's3://laion/data', '--quiet'];
      const result = await runCli(args, { env });
      expect(result.code).toBe(4);
      expect(result.stderr).toMatch(/^laion-fetch: Cannot write to 's3:\/\/laion\/data': [^\n]*\n$/);
      const index = await runCli(['inspect', 's3://laion/data/*.parquet'], { env });
      expect(index.code).toBe(3);
      expect(index.stderr).toMatch(/^laion-fetch: Cannot read the index 's3:[^\n]*': [^\n]*\n$/);
      for (const { stdout, stderr } of [result, index]) {
        expect(stderr).toContain(text);
        expect(stdout + stderr).not.toMatch(/KEYID|a-secret/);
      }
    },
  );
});

interface Refusing {
  readonly endpoint: string;
  close(): Promise<void>;
}

async function startServer(
  handle: (request: IncomingMessage, answer: ServerResponse) => void,
): Promise<Refusing> {
  const started = createServer((request, answer) => {
    request.resume();
    handle(request, answer);
  });
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  const bound = started.address();
  return {
    endpoint: `http://127.0.0.1:${bound !== null && typeof bound === 'object' ? bound.port : 0}`,
    close: () =>
      new Promise((resolve) => {
        started.close(() => resolve());
        started.closeAllConnections();
      }),
  };
}

/** A store without room for parts of uploads until `makeRoom` is called. */
async function startFullStore(target: string): Promise<Refusing & { makeRoom(): void }> {
  const { hostname, port } = new URL(target);
  let isFull = true;
  const proxy = await startServer((incoming, answer) => {
    const { method, url = '', headers } = incoming;
    if (isFull && url.includes('partNumber=')) {
      answer.writeHead(403, { 'content-type': 'application/xml' });
      answer.end('<Error><Code>QuotaExceeded</Code><Message>full</Message></Error>');
      return;
    }
    const forwarded = request({ hostname, port, method, path: url, headers }, (found) => {
      answer.writeHead(found.statusCode ?? 502, found.rawHeaders);
      found.pipe(answer);
    });
    incoming.pipe(forwarded);
  });
  return {
    ...proxy,
    makeRoom: () => {
      isFull = false;
    },
  };
}
