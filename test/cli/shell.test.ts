import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { OPTION_KEYS, optionName } from '../../src/config/options/options.ts';
import { OUTPUT_FORMATS } from '../../src/core/choices.ts';
import { runCli } from '../support/command/cli.ts';
import { startNode } from '../support/command/start-node.ts';

const script = async (shell: string): Promise<string> => {
  const { code, stdout, stderr } = await runCli(['completion', shell]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
};

describe('laion-fetch completion', () => {
  it('of bash completes commands, flags of a command, values and files', async () => {
    const completion = await script('bash');
    const complete = (...words: readonly string[]): string[] => {
      const quoted = words.map((word) => `'${word}'`).join(' ');
      const line = `${completion}\nCOMP_WORDS=(laion-fetch ${quoted}) COMP_CWORD=${words.length}\n_laion_fetch\nprintf '%s\\n' "\${COMPREPLY[@]}"`;
      return execFileSync('bash', ['-c', line], { cwd: '/', encoding: 'utf8' }).trim().split('\n');
    };
    expect(complete('pl')).toEqual(['plan']);
    expect(complete('x.csv', '--output-f')).toEqual(['--output-format']);
    expect(complete('x.csv', '--output-format', '')).toEqual([...OUTPUT_FORMATS]);
    expect(complete('x.csv', '--preset', 'cc')).toEqual(['cc3m', 'cc12m']);
    expect(complete('verify', 'out', '--d')).toEqual(['--deep', '--decoders']);
    expect(complete('verify', 'out', '--image')).toEqual(['']);
    expect(complete('x.csv', '--output', 'us')).toEqual(['usr']);
    expect(complete('x.csv', '--no-auto')).toEqual(['--no-auto-orient']);
    expect(complete('completion', 'z')).toEqual(['zsh']);
  });

  it.each(['bash', 'zsh', 'fish'])('of %s has every option and every command', async (shell) => {
    const completion = await script(shell);
    const flag = (name: string): RegExp => new RegExp(`${shell === 'fish' ? '-l ' : '--'}${name}\\b`);
    for (const key of OPTION_KEYS) expect(completion).toMatch(flag(optionName(key)));
    for (const command of ['plan', 'retry', 'verify', 'adopt', 'doctor'])
      expect(completion).toContain(command);
    // Quotation marks in help texts are escaped: the script has an even number of them in each line.
    const odd = completion.replaceAll("'\\''", '').replaceAll("\\'", '').split('\n');
    expect(odd.filter((line) => !line.startsWith('#') && (line.split("'").length - 1) % 2 === 1)).toEqual([]);
  });

  it('of another shell is refused', async () => {
    expect(await runCli(['completion', 'tcsh'])).toMatchObject({
      code: 2,
      stderr: "laion-fetch: expected a shell, one of bash, zsh, fish; got 'tcsh'\n",
    });
  });
});

describe('the manual page', () => {
  it('has every option, and no line that roff takes for a request of its own', async () => {
    const print = fileURLToPath(new URL('../../dist/cli/print-man-page.js', import.meta.url));
    const { code, stdout } = await startNode([print]).result;
    expect(code).toBe(0);
    for (const key of OPTION_KEYS)
      expect(stdout).toContain(`\\-\\-${optionName(key).replaceAll('-', '\\-')}`);
    const requests = stdout.split('\n').filter((line) => /^[.']/.test(line));
    expect(requests.filter((line) => !/^\.(TH|SH|SS|TP|PP|B|br)\b/.test(line))).toEqual([]);
    expect(stdout).toMatch(/\.B 7\nAnother run is writing to the output/);
  });
});
