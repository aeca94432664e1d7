import { describe, expect, it } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { translateArgv } from '../../src/config/legacy/translate-argv.ts';

interface Call {
  readonly command: string;
  readonly operands: readonly string[] | string;
  readonly flags: Readonly<Record<string, string>>;
}

/** The call that results from a command line. */
async function call(...argv: string[]): Promise<Call> {
  const calls: Call[] = [];
  const record =
    (command: string) =>
    async (
      operands: readonly string[] | string,
      layer: ReadonlyMap<string, { readonly text: string }>,
    ): Promise<void> => {
      const flags = Object.fromEntries([...layer].map(([key, { text }]) => [key, text]));
      calls.push({ command, operands, flags });
    };
  const program = createProgram({
    download: record('download'),
    plan: (patterns, _own, flags) => record('plan')(patterns, flags),
    inspect: record('inspect'),
    retry: (output, classes, flags) => record('retry')([output, classes ?? 'none named'], flags),
    verify: (output, own, flags) => record('verify')([output, ...Object.keys(own)], flags),
    report: (output, own, flags) => record('report')([output, ...Object.keys(own)], flags),
    rights: (output, own, flags) => record('rights')([output, ...Object.keys(own)], flags),
    adopt: ({ output, index }, flags) => record('adopt')([output ?? 'none named', ...index], flags),
    merge: (output, sources, own, flags) => record('merge')([output, ...sources, ...Object.keys(own)], flags),
    columns: (output, own, flags) => record('columns')([output, ...Object.keys(own)], flags),
    attribution: (output, flags) => record('attribution')([output], flags),
    recheck: (output, own, flags) => record('recheck')([output, ...Object.keys(own)], flags),
    remove: (output, own, flags) => record('remove')([output, ...Object.keys(own)], flags),
    doctor: (flags) => record('doctor')([], flags),
    schedule: (scheduler, { index }, flags) => record(scheduler)(index, flags),
    queue: (command, flags) => record(command)([], flags),
    completion: (shell) => record('completion')(shell, new Map()),
  });
  await program.parseAsync([...translateArgv(argv).argv], { from: 'user' });
  const [only, ...more] = calls;
  if (!only || more.length > 0) throw new Error(`expected one call, got ${calls.length}`);
  return only;
}

describe('createProgram()', () => {
  it('downloads if no command is named', async () => {
    expect(await call('a.parquet', '--output', 'out', 'b.parquet')).toEqual({
      command: 'download',
      operands: ['a.parquet', 'b.parquet'],
      flags: { output: 'out' },
    });
  });

  it('accepts download as a command, with flags before or after it', async () => {
    const expected = { command: 'download', operands: ['a'], flags: { output: 'o' } };
    expect(await call('download', 'a', '--output=o')).toEqual(expected);
    expect(await call('--output=o', 'a')).toEqual(expected);
  });

  it('runs a complete img2dataset line', async () => {
    const line =
      '--url_list x.parquet --input_format parquet --url_col URL --caption_col TEXT --output_format webdataset ' +
      '--output_folder out --processes_count 2 --thread_count 64 --image_size 256 --resize_mode keep_ratio ' +
      '--save_additional_columns ["similarity"] --enable_wandb False';
    expect(await call(...line.split(' '))).toEqual({
      command: 'download',
      operands: ['x.parquet'],
      flags: {
        inputFormat: 'parquet',
        urlCol: 'URL',
        captionCol: 'TEXT',
        outputFormat: 'webdataset',
        output: 'out',
        decoders: '2',
        concurrency: '128',
        imageSize: '256',
        resizeMode: 'keep_ratio',
        columns: '["similarity"]',
      },
    });
  });

  it('accepts - as an index, even after flags', async () => {
    expect(await call('--upscale', '-')).toEqual({
      command: 'download',
      operands: ['-'],
      flags: { resizeOnlyIfBigger: 'false' },
    });
  });

  it('uses the last of two equal flags', async () => {
    const { flags } = await call('x', '--image-size', '1', '--image_size', '2', '--json', '--no-json');
    expect(flags).toEqual({ imageSize: '2', json: 'false' });
  });

  it('leaves the words after -- unchanged', async () => {
    expect((await call('--', '--output', 'x')).operands).toEqual(['--output', 'x']);
  });

  it.each([
    [
      ['plan', 'a', '-', '--upscale'],
      { command: 'plan', operands: ['a', '-'], flags: { resizeOnlyIfBigger: 'false' } },
    ],
    [['inspect', 'a', 'b', '--json'], { command: 'inspect', operands: ['a', 'b'], flags: { json: 'true' } }],
    [['retry', 'out'], { command: 'retry', operands: ['out', 'none named'], flags: {} }],
    [
      ['retry', '--class=timeout,http_429', 'out', '--thread_count', '8'],
      { command: 'retry', operands: ['out', 'timeout,http_429'], flags: { concurrency: '8' } },
    ],
    [['verify', 'out'], { command: 'verify', operands: ['out'], flags: {} }],
    [['verify', '--deep', 'out'], { command: 'verify', operands: ['out', 'deep'], flags: {} }],
    [
      ['doctor', '--output_folder', 'out', '--thread_count', '8'],
      { command: 'doctor', operands: [], flags: { output: 'out', concurrency: '8' } },
    ],
  ])('runs %j', async (argv, expected) => {
    expect(await call(...argv)).toEqual(expected);
  });
});
