import { describe, expect, it } from 'vitest';
import { translateArgv } from '../../../src/config/legacy/translate-argv.ts';
import { UserError } from '../../../src/core/errors.ts';

const CORES = 4;
const translate = (...argv: string[]): readonly string[] => translateArgv(argv, CORES).argv;

describe('translateArgv()', () => {
  it('translates a complete img2dataset line', () => {
    const line =
      '--url_list x.parquet --input_format parquet --url_col URL --caption_col TEXT --output_format webdataset ' +
      '--output_folder out --processes_count 2 --thread_count 64 --image_size 256 --resize_mode keep_ratio ' +
      '--save_additional_columns ["similarity"] --enable_wandb False';
    expect(translateArgv(line.split(' '), CORES)).toEqual({
      argv: [
        'x.parquet',
        '--input-format=parquet',
        '--url-col=URL',
        '--caption-col=TEXT',
        '--output-format=webdataset',
        '--output=out',
        '--decoders=2',
        '--concurrency=128',
        '--image-size=256',
        '--resize-mode=keep_ratio',
        '--columns=["similarity"]',
      ],
      img2datasetFlag: '--url_list',
      notices: [],
    });
  });

  it.each([
    [['--url_list=x.txt'], '--url_list'],
    [['--url-list', 'x.txt', '--output', 'o'], '--url-list'],
    [['x.txt', '--output_folder', 'o'], '--output_folder'],
    [['--image_size', '256', '--output-folder=o'], '--output-folder'],
    [['x.txt', '--output', 'o', '--image_size', '256', '--thread_count', '64'], null],
    [['x.txt', '--output', 'o', '--save_additional_columns', '["a"]', '--enable_wandb'], null],
    [['x.txt', '--', '--url_list'], null],
  ])('tells by the flag for the index or the output whose spelling %j is', (argv, flag) => {
    expect(translateArgv(argv).img2datasetFlag).toBe(flag);
  });

  it('limits --processes_count to the cores, and keeps its product with --thread_count', () => {
    expect(translateArgv(['--processes_count', '16', '--thread_count', '64'], CORES)).toMatchObject({
      argv: ['--decoders=4', '--concurrency=1024'],
      notices: [
        '--processes_count: decoding in 4 processes, one for each core, instead of 16; use --decoders to set another number',
      ],
    });
    expect(translate('--processes_count', '3')).toEqual(['--decoders=3']);
    expect(translate('--decoders', '16')).toEqual(['--decoders=16']);
  });

  it('drops an --image_size of two numbers with --resize_mode no, which ignores it', () => {
    expect(translateArgv(['--image_size=(1024, 1024)', '--resize_mode', 'no'])).toMatchObject({
      argv: ['--resize-mode=no'],
      notices: ['--image_size: has no effect, because --resize-mode no keeps the size of every image'],
    });
    expect(translate('--image_size=(1024, 1024)')).toEqual(['--image-size=(1024, 1024)']);
    expect(translate('--image_size=256', '--resize_mode=no')).toContain('--image-size=256');
  });

  it('uses the threads of one process if no number of processes is given', () => {
    expect(translate('--thread_count', '64')).toEqual(['--concurrency=64']);
  });

  it('leaves --concurrency, which is a total, unchanged', () => {
    expect(translate('--concurrency', '64', '--processes_count', '2')).toEqual([
      '--concurrency=64',
      '--decoders=2',
    ]);
  });

  it('leaves an invalid number of threads to the check of the option', () => {
    expect(translate('--thread_count', 'many', '--processes_count', '2')).toContain('--concurrency=many');
  });

  it.each([
    [['--auto-orient'], '--auto-orient'],
    [['--auto_orient', 'True'], '--auto-orient'],
    [['--auto-orient=1'], '--auto-orient'],
    [['--auto-orient', 'false'], '--no-auto-orient'],
    [['--auto-orient=False'], '--no-auto-orient'],
    [['--no-auto-orient'], '--no-auto-orient'],
    [['--noauto_orient'], '--no-auto-orient'],
    [['--no-auto-orient', 'False'], '--auto-orient'],
    [['--upscale'], '--no-resize-only-if-bigger'],
    [['--no-upscale'], '--resize-only-if-bigger'],
    [['--resize_only_if_bigger', 'True'], '--resize-only-if-bigger'],
    [['--ignore_ssl_certificate', 'True'], '--insecure-tls'],
    [['--noignore_ssl_certificate'], '--no-insecure-tls'],
  ])('reads the flag %j', (argv, flag) => {
    expect(translate(...argv)).toEqual([flag]);
  });

  it('never mistakes the index after a flag for its value', () => {
    expect(translate('--upscale', 'index.parquet')).toEqual(['--no-resize-only-if-bigger', 'index.parquet']);
  });

  it("reads None as img2dataset's default", () => {
    expect(translate('--caption_col', 'None')).toEqual(['--caption-col=None']);
    expect(translate('--compute_hash', 'None')).toEqual(['--compute-hash=None']);
    expect(translate('--disallowed_header_directives', 'None')).toEqual([]);
    expect(translate('--skip_reencode', 'None')).toEqual([]);
  });

  it('leaves unknown flags, words and everything after -- unchanged', () => {
    const argv = ['--imagesize', '3', '-', '-x', '--', '--image_size', '--url_list'];
    expect(translate(...argv)).toEqual(argv);
  });

  it('accepts a value that begins with a dash', () => {
    expect(translate('--where', '-similarity < 0')).toEqual(['--where=-similarity < 0']);
  });

  it.each([
    [
      ['--enable_wandb', 'True'],
      '--enable_wandb: not supported here: wandb has no library for Node that writes runs for wandb sync; laion-fetch for Python has it',
    ],
    [
      ['--enable_wandb'],
      '--enable_wandb: not supported here: wandb has no library for Node that writes runs for wandb sync; laion-fetch for Python has it',
    ],
    [['--wandb-project', 'mine'], '--wandb-project: not supported here; laion-fetch for Python has it'],
    [
      ['--max_shard_retry', '3'],
      '--max_shard_retry: has no effect; run the same command again to finish failed shards',
    ],
    [['--save_metadata', 'False'], '--save_metadata: has no effect; metadata is always written'],
    [['--nosave_metadata'], '--nosave_metadata: has no effect; metadata is always written'],
    [
      ['--incremental=False'],
      '--incremental: has no effect; --incremental-mode overwrite replaces a dataset',
    ],
  ])('accepts %j with a notice', (argv, notice) => {
    expect(translateArgv(argv)).toMatchObject({ argv: [], notices: [notice] });
  });

  it.each([
    [['--enable_wandb', 'False']],
    [['--noenable_wandb']],
    [['--wandb_project', 'img2dataset']],
    [['--max_shard_retry=1']],
    [['--save_metadata', 'True']],
    [['--incremental', 'True']],
  ])('accepts %j silently', (argv) => {
    expect(translateArgv(argv)).toMatchObject({ argv: [], notices: [] });
  });

  it.each([
    [
      ['--upscale', '--resize-only-if-bigger'],
      '--upscale and --resize-only-if-bigger contradict each other; use only one of them',
    ],
    [
      ['--output_folder', 'a', '--output', 'b'],
      '--output_folder and --output contradict each other; use only one of them',
    ],
    [
      ['--thread_count', '2', '--concurrency', '3'],
      '--thread_count and --concurrency contradict each other; use only one of them',
    ],
    [['--image-size'], '--image-size: expected a value, got none'],
    [['--where', '--json'], '--where: expected a value, got the flag --json'],
    [['--auto-orient=perhaps'], "--auto-orient: expected true or false, got 'perhaps'"],
  ])('refuses %j', (argv, message) => {
    expect(() => translateArgv(argv)).toThrow(new UserError(2, message));
  });

  it('treats the same name given twice as a correction', () => {
    expect(translate('--image_size', '1', '--image-size', '2')).toEqual(['--image-size=1', '--image-size=2']);
    expect(translate('--upscale', '--no-upscale')).toHaveLength(2);
    expect(translate('--output_folder', 'a', '--output', 'a')).toHaveLength(2);
  });
});
