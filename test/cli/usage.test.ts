import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { runCli } from '../support/command/cli.ts';
import { useTempFolder } from '../support/temp-folder.ts';

describe('laion-fetch, misused', () => {
  it.each([
    [[], 'expected index: files, folders, globs, or - for standard input; got none; see laion-fetch --help'],
    [['x.parquet'], 'expected --output <dir>, the folder for the dataset, got none'],
    [
      ['x.parquet', '--output', 'out', '--imagesize', '3'],
      "unknown option '--imagesize'; did you mean --image-size?",
    ],
    [['x.parquet', '--output_foldr=out'], "unknown option '--output_foldr'; did you mean --output-folder?"],
    [
      ['x.parquet', '--output', 'out', '--frobnicate'],
      "unknown option '--frobnicate'; see laion-fetch --help",
    ],
    [['x.parquet', '--output', 'out', '--count', '100'], "unknown option '--count'; did you mean --limit?"],
    [['x.parquet', '-x', 'out'], "unknown option '-x'; see laion-fetch --help"],
    [
      ['x.parquet', '--output', 'out', '--image_size', 'abc'],
      "--image-size: expected a whole number of pixels from 1 to 65500, got 'abc'",
    ],
    [
      ['x.parquet', '--output', 'out', '--output_format', 'arrayrecord'],
      "--output-format: expected one of webdataset, files, parquet, tfrecord, mds, none, got 'arrayrecord'",
    ],
    [
      ['x.parquet', '--output', 'out', '--upscale', '--resize-only-if-bigger'],
      '--upscale and --resize-only-if-bigger contradict each other; use only one of them',
    ],
    [
      ['x.parquet', '--output', 'out', '--resolver', 'dns.example'],
      "--resolver: expected name servers as address or address:port, separated by commas, got 'dns.example'",
    ],
    [
      ['x.parquet', '--output', 'out', '--encode_format', 'original', '--image_size', '256'],
      '--encode-format and --image-size contradict each other: original keeps downloads unchanged; use only one of them',
    ],
    [
      ['x.parquet', '--output', 'hf://datasets/owner/name', '--output-format', 'files'],
      '--output-format files does not work with hf://: the hub takes at most 10,000 files in a folder; use webdataset, parquet, tfrecord or mds',
    ],
    [
      ['x.parquet', '--output', 'hf://owner/name'],
      "--output: expected a folder on this machine, or s3://bucket/path, gs://bucket/path, az://container/path or hf://datasets/owner/name/path, got 'hf://owner/name'",
    ],
    [['inspet', 'x.parquet'], "'inspet' is neither a file nor a command; did you mean laion-fetch inspect?"],
    [
      ['inspect', 'x.parquet', '--image-size', '3'],
      "inspect has no option '--image-size'; see laion-fetch inspect --help",
    ],
    [
      ['retry', 'out', '--image-size', '3'],
      "retry has no option '--image-size'; see laion-fetch retry --help",
    ],
    [
      ['retry', 'out', '--class', 'timeot'],
      "--class: expected failure codes such as timeout,http_429 or all, got 'timeot'; did you mean timeout?",
    ],
    [
      ['retry', 'out', '--class', ','],
      "--class: expected failure codes such as timeout,http_429 or all, got ','",
    ],
    [
      ['retry', 'out', '--class', 'bad_row'],
      '--class: bad_row cannot be retried: the row could not be read from the index; correct the index and download it again',
    ],
    [
      ['retry', 'out'],
      "Cannot retry in 'out': there is no manifest of a dataset; name the folder that was given as --output",
    ],
    [['verify', 'a', 'b'], 'expected one output, got 2; see laion-fetch verify --help'],
    [['doctor', 'a'], 'expected no arguments, got 1; see laion-fetch doctor --help'],
  ])('%j ends with one line and exit code 2, and changes nothing', async (args, message) => {
    const cwd = await useTempFolder();
    const { code, stdout, stderr } = await runCli(args, { cwd });
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: `laion-fetch: ${message}\n` });
    expect(await readdir(cwd)).toEqual([]);
  });

  it('names the commands if the first word is neither a file nor a command', async () => {
    const { code, stderr } = await runCli(['bogus'], { cwd: await useTempFolder() });
    const message =
      /^laion-fetch: 'bogus' is neither a file nor a command; commands are download, plan, .*\n$/;
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) });
  });

  it('prints an error as JSON as well, whatever it is, and as an annotation in GitHub Actions', async () => {
    const cwd = await useTempFolder();
    for (const args of [
      ['x.parquet', '--frobnicate', '--json'],
      ['x.parquet', '-o', 'out', '--json'],
    ]) {
      const env = { GITHUB_ACTIONS: 'true' };
      const { code, stdout, stderr } = await runCli(args, { cwd, env });
      const message = expect.stringMatching(/x\.parquet|--frobnicate/);
      expect(JSON.parse(stdout)).toEqual({ error: { message, exit_code: code } });
      expect(stderr).toMatch(/^laion-fetch: .*\n::error title=laion-fetch failed with exit code [23]::.*\n$/);
    }
  });

  it('names misspelt variables with the nearest right ones, and is silent with -q', async () => {
    const cwd = await useTempFolder();
    const env = { LAION_FETCH_IMAGESIZE: '3', LAION_FETCH_PROCESSES_COUNT: '3', LAION_FETCH_XYZZY: '1' };
    const { stderr } = await runCli(['x.parquet'], { cwd, env });
    const ignored = 'no option has this variable, so it is ignored';
    expect(stderr.split('\n').slice(0, 3).sort()).toEqual([
      `laion-fetch: LAION_FETCH_IMAGESIZE: ${ignored}; did you mean LAION_FETCH_IMAGE_SIZE?`,
      `laion-fetch: LAION_FETCH_PROCESSES_COUNT: ${ignored}; did you mean LAION_FETCH_DECODERS?`,
      `laion-fetch: LAION_FETCH_XYZZY: ${ignored}; see laion-fetch --help`,
    ]);
    const quiet = await runCli(['x.parquet', '-q'], { cwd, env });
    expect(quiet.stderr).toMatch(/^laion-fetch: expected --output <dir>[^\n]*\n$/);
  });

  it('exits with 3 if an index cannot be read', async () => {
    const cwd = await useTempFolder();
    const { code, stderr } = await runCli(['inspect', 'none.parquet'], { cwd });
    expect(code).toBe(3);
    expect(stderr).toMatch(/^laion-fetch: [^\n]*none\.parquet[^\n]*\n$/);
  });

  it('names on standard error the flags that it accepts but ignores', async () => {
    const cwd = await useTempFolder();
    const { stderr } = await runCli(['x.parquet', '--max_shard_retry', '3'], { cwd });
    expect(stderr).toMatch(
      /^laion-fetch: --max_shard_retry: has no effect; [^\n]*\nlaion-fetch: expected --output/,
    );
  });

  it('protects the terminal from file names', async () => {
    const cwd = await useTempFolder();
    const { stderr } = await runCli(['inspect', '\u001b]0;pwned\u0007.parquet'], { cwd });
    expect(stderr).toContain('\\u{1b}]0;pwned\\u{7}.parquet');
    expect(stderr).not.toContain('\u001b');
  });
});
