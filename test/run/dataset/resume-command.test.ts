import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../../src/cli/program.ts';
import type { Layer } from '../../../src/config/layer.ts';
import { datasetSettings, loadOptions } from '../../../src/config/resolve.ts';
import { resumeCommand } from '../../../src/run/dataset/resume-command.ts';

/** What a command line asks for. */
async function read(words: readonly string[]): Promise<{ patterns: readonly string[]; flags: Layer }> {
  let call: { patterns: readonly string[]; flags: Layer } | undefined;
  const unused = async (): Promise<void> => {};
  const program = createProgram({
    ...{
      plan: unused,
      inspect: unused,
      retry: unused,
      verify: unused,
      rights: unused,
      adopt: unused,
      merge: unused,
      columns: unused,
      attribution: unused,
      recheck: unused,
      remove: unused,
      doctor: unused,
    },
    report: unused,
    schedule: unused,
    queue: unused,
    completion: unused,
    download: async (patterns, flags) => {
      call = { patterns, flags };
    },
  });
  await program.parseAsync([...words], { from: 'user' });
  if (call === undefined) throw new Error('expected a download');
  return call;
}

/** The words that a shell hands to the program. */
const shellWords = (command: string): string[] =>
  execFileSync('sh', ['-c', `for word in ${command}; do printf '%s\\0' "$word"; done`], { encoding: 'utf8' })
    .split('\0')
    .slice(1, -1);

describe('resumeCommand()', () => {
  it.each([
    [[]],
    [
      [
        '--image-size',
        '64',
        '--no-auto-orient',
        '--no-resize-only-if-bigger',
        '--encode-format',
        'png',
        '--encode-quality',
        '9',
      ],
    ],
    [['--where', "caption LIKE 'it''s $HOME%'", '--columns', '["a b","c,d"]', '--caption-col', 'none']],
    [['--verify-hash', 'digest:md5', '--disallowed-header-directives', '[]', '--columns', 'none']],
    [['--preset', 'img2dataset', '--sample', '0.25', '--seed', '7', '--max-aspect-ratio', '3.5']],
  ])('contains the options that shaped the dataset: %j', async (flags) => {
    const first = await loadOptions((await read(['a.csv', '--output', 'o', ...flags])).flags, {});
    const options = datasetSettings(first.options);
    const inputs = ["it's an index.csv", 'b.parquet'].map((name) => ({ name, bytes: 1, fingerprint: 'f' }));
    const run = {
      firstShard: 0,
      inputs,
      options,
      versions: {},
      insecureTls: false,
      startedAt: '',
      finished: null,
    };
    const again = await read(shellWords(resumeCommand('out put', run)));
    const loaded = await loadOptions(again.flags, {});
    expect(again.patterns).toEqual(["it's an index.csv", 'b.parquet']);
    expect(loaded.output).toBe('out put');
    expect(datasetSettings(loaded.options)).toEqual(options);
  });
});
