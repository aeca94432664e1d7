/**
 * Fifteen pipelines as people write them around the command, in bash, by their number. The tenth, `--output - | tar t`, is
 * in tar-stream.test.ts.
 */
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { useWeb, type Web } from '../../support/box/use-web.ts';
import { inBash } from '../../support/command/bash.ts';

const IMAGE = { body: { fixture: 'images/landscape.jpg' } } as const;

/** Eight images of ten rows, as `rows.jsonl.gz`, `rows.csv`, `rows.parquet` and `urls.txt`. */
async function useIndexes(): Promise<Web> {
  const web = await useWeb({ hosts: { '*': { paths: { '*': IMAGE, '/gone': { status: 410 } } } } });
  const urls = Array.from({ length: 10 }, (_, i) =>
    web.box.url(`h${i % 3}.example`, i < 2 ? '/gone' : `/${i}`),
  );
  const rows = urls.map((url, i) => ({ url, caption: `caption ${i}`, similarity: i / 10 }));
  await writeFile(join(web.folder, 'rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  await writeFile(join(web.folder, 'urls.txt'), `${urls.join('\n')}\n`);
  const lines = rows.map(({ url, caption, similarity }) => `${url},${caption},${similarity}\n`);
  await writeFile(join(web.folder, 'rows.csv'), `url,caption,similarity\n${lines.join('')}`);
  const columnData = (['url', 'caption', 'similarity'] as const).map((name) => ({
    name,
    data: rows.map((row) => row[name]),
  }));
  await writeFile(join(web.folder, 'rows.parquet'), new Uint8Array(parquetWriteBuffer({ columnData })));
  await inBash(web, 'gzip -k rows.jsonl');
  return web;
}

test('1: zcat | laion-fetch - --progress json --json --fail-under, and the result in a program', async () => {
  const web = await useIndexes();
  const { code, stdout, stderr } = await inBash(
    web,
    'zcat rows.jsonl.gz | $LF - --output d --progress json --json --fail-under 0.6 $REACH | ' +
      `node -p 'const r = JSON.parse(require("fs").readFileSync(0)); [r.rows, r.successes, r.index[0], r.options["image-size"]].join(" ")'`,
  );
  expect({ code, stdout }).toEqual({ code: 0, stdout: '10 8 - 512\n' });
  const progress = stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(progress.at(-1)).toMatchObject({ type: 'progress', rows: 10, total_rows: 10, total_is_exact: true });
});

test('2, 3, 4, 6: a format that nobody named is recognised, in a pipe and in <(...); CSV and Parquet come from pipes', async () => {
  const web = await useIndexes();
  const results = await Promise.all([
    inBash(web, 'cat rows.jsonl | $LF - -o a --json $REACH'),
    inBash(web, 'cat urls.txt | $LF - -o b --json $REACH'),
    inBash(web, 'cat rows.csv | $LF - --input-format csv -o c --json $REACH'),
    inBash(web, '$LF <(zcat rows.jsonl.gz) -o d --json $REACH'),
    inBash(web, 'cat rows.parquet | $LF - --input-format parquet -o e --json $REACH'),
    inBash(web, 'cat rows.parquet | $LF - -o f --json $REACH'),
  ]);
  for (const { code, stdout } of results) {
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ rows: 10, successes: 8 });
  }
});

test('5: --where selects rows of a file and of a pipe that is no Parquet', async () => {
  const web = await useIndexes();
  const where = `--where 'similarity >= 0.5' --json $REACH`;
  const results = await Promise.all([
    inBash(web, `$LF rows.csv -o a ${where}`),
    inBash(web, `zcat rows.jsonl.gz | $LF - -o b ${where}`),
  ]);
  for (const { code, stdout } of results) {
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ rows: 5, successes: 5 });
  }
});

test('7, 8: xargs -P2, if, && and make: exit codes decide, and the second run does nothing', async () => {
  const web = await useIndexes();
  const first = await inBash(web, 'ls urls.txt rows.csv | xargs -P2 -I{} $LF {} --output out-{} -q $REACH');
  expect(first).toMatchObject({ code: 0, stdout: '', stderr: '' });
  const again = await inBash(
    web,
    'if $LF urls.txt -o out-urls.txt -q $REACH; then echo yes; fi; $LF urls.txt -o out-urls.txt -q --fail-under 0.9 $REACH && echo no',
  );
  expect(again).toMatchObject({ code: 5, stdout: 'yes\n' });
  expect(again.stderr).toBe('laion-fetch: the success ratio is 80.0 %, below --fail-under 90.0 %\n');
  const requests = (): number =>
    Object.values(web.box.stats().hosts).reduce((sum, host) => sum + host.requests.total, 0);
  const before = requests();
  await writeFile(
    join(web.folder, 'Makefile'),
    'out-urls.txt: urls.txt\n\t$(LF) $< -o $@ -q $(REACH)\n.PHONY: out-urls.txt\n',
  );
  expect((await inBash(web, 'make -s')).code).toBe(0);
  expect(requests()).toBe(before);
});

test('9, 11: flock; a second run into the same folder ends with a code of its own, 7, and --json says why', async () => {
  const web = await useIndexes();
  const holder = JSON.stringify({ pid: 1, host: 'another-machine', startedAt: null });
  const { code, stdout } = await inBash(
    web,
    `mkdir d && echo '${holder}' > d/.laion-fetch.lock && flock -n lk $LF rows.csv -o d --json $REACH`,
  );
  expect({ code, error: JSON.parse(stdout) }).toMatchObject({ code: 7, error: { error: { exit_code: 7 } } });
});

test('12: inspect | head -1 and plan -n | head -1 end without an error', async () => {
  const web = await useIndexes();
  const inspected = await inBash(web, '$LF inspect rows.csv | head -1');
  expect(inspected).toEqual({ code: 0, stdout: 'rows.csv\n', stderr: '' });
  const planned = await inBash(web, '$LF -n rows.csv | head -1');
  expect(planned).toMatchObject({ code: 0, stdout: expect.stringMatching(/^10 rows in 1 file/), stderr: '' });
  expect(existsSync(join(web.folder, 'd'))).toBe(false);
});

test('14: no rows at all end with 3, unless --allow-empty', async () => {
  const web = await useIndexes();
  const empty = await inBash(web, 'true | $LF - --input-format jsonl -o e --fail-under 0.6 --json');
  expect(empty).toMatchObject({ code: 3, stderr: expect.stringContaining('the index has no rows') });
  expect(JSON.parse(empty.stdout)).toMatchObject({ rows: 0, error: { exit_code: 3 } });
  expect((await inBash(web, 'true | $LF - --input-format jsonl -o e2 --allow-empty -q')).code).toBe(0);
});

test('15: the result of --json names index, options, version, hosts and the time of the whole', async () => {
  const web = await useIndexes();
  const { stdout } = await inBash(web, '$LF rows.csv -o d --json --image-size 64 $REACH');
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({
    index: ['rows.csv'],
    options: { 'image-size': 64, 'output-format': 'webdataset' },
    version,
    hosts: expect.any(Object),
    worst_hosts: expect.arrayContaining([{ host: 'h0.example', failed: 1, mostly: 'http_410' }]),
    failure_codes: { http_410: 2 },
    this_start: { rows: 10, successes: 8, seconds: expect.any(Number) },
  });
});

test('if nothing succeeded, a loud line says so, and any --fail-under fails', async () => {
  const web = await useIndexes();
  const line = '$LF rows.csv --allow-private 127.0.0.0/8 --resolver 127.0.0.1:1 --url-col caption';
  const loud = await inBash(web, `${line} -o l`);
  expect(loud).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/^laion-fetch: NOTHING SUCCEEDED: 10 rows/m),
  });
  expect((await inBash(web, `${line} -o l --fail-under 0.01`)).code).toBe(5);
});

test('13: in GitHub Actions, failures become annotations and the result a step summary', async () => {
  const web = await useIndexes();
  const github = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: join(web.folder, 'summary.md') };
  const { code, stderr } = await inBash(web, '$LF rows.csv -o g --fail-under 0.9 -q $REACH', github);
  expect(code).toBe(5);
  expect(stderr).toMatch(
    /^::error title=laion-fetch failed with exit code 5::the success ratio is 80.0 %25, below/m,
  );
  expect(stderr).toMatch(
    /^::warning title=http_410%3A 2 of 10 rows::20.0 %25 of the rows: .*; for example http:.*\/gone$/m,
  );
  const summary = readFileSync(join(web.folder, 'summary.md'), 'utf8');
  expect(summary).toMatch(/^### laion-fetch: 8 of 10 images\n/);
  expect(summary).toMatch(/^\| http_410 \| 2 \| 20.0 % \| HTTP Error 410: Gone \| `http:[^|]*\/gone` \|$/m);
});

test('--processes_count 64 starts a decoder for each core and says so', async () => {
  const web = await useIndexes();
  const { code, stderr } = await inBash(
    web,
    '$LF urls.txt -o p --processes_count 64 --log-level debug $REACH',
  );
  const cores = Number(/decoding in (\d+) processes, one for each core, instead of 64/.exec(stderr)?.[1]);
  expect({ code, started: stderr.match(/"decoder started"/g)?.length }).toEqual({ code: 0, started: cores });
});

test('action.yml runs an index in a workflow, with outputs and the exit code', async () => {
  const web = await useIndexes();
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  const action = parse(readFileSync(join(root, 'action.yml'), 'utf8')) as {
    readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
    readonly runs: { readonly steps: readonly { readonly run: string }[] };
  };
  const script = action.runs.steps.map(({ run }) => run).join('\n');
  const env = {
    GITHUB_ACTION_PATH: root,
    GITHUB_ACTIONS: 'true',
    GITHUB_OUTPUT: join(web.folder, 'outputs'),
    GITHUB_STEP_SUMMARY: join(web.folder, 'summary.md'),
    INDEX: `${web.folder}/urls.txt ${web.folder}/rows.csv`,
    OUTPUT: web.output,
    FAIL_UNDER: action.inputs['fail-under']?.default ?? '',
    ARGS: web.reach.join(' '),
  };
  // GitHub's bash stops at the first error.
  expect(await inBash(web, `set -e\n${script}`, env)).toMatchObject({ code: 0, stdout: '' });
  expect(readFileSync(env.GITHUB_OUTPUT, 'utf8')).toBe('rows=20\nsuccesses=16\n');
  expect(readFileSync(env.GITHUB_STEP_SUMMARY, 'utf8')).toContain('16 of 20 images');
  expect((await inBash(web, `set -e\n${script}`, { ...env, FAIL_UNDER: '0.9' })).code).toBe(5);
});
