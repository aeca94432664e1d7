import { describe, expect, it } from 'vitest';
import { OPTION_KEYS, optionName, optionSpec } from '../../src/config/options/options.ts';
import { VERSION } from '../../src/util/version.ts';
import { runCli } from '../support/command/cli.ts';

const SCREEN_LINES = 24;

describe('laion-fetch --help', () => {
  it('shows every option in lines of 80 columns, and each group fits on a screen', async () => {
    const { code, stdout, stderr } = await runCli(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    for (const key of OPTION_KEYS) {
      expect(stdout).toMatch(new RegExp(`^  (-[a-z], )?--(\\[no-\\])?${optionName(key)}\\s`, 'm'));
    }
    const groups = stdout.trimEnd().split('\n\n');
    expect(groups.filter((group) => group.split('\n').length > SCREEN_LINES)).toEqual([]);
    const headings = groups.flatMap((group) => /^[A-Z][a-z ]+(?=:\n)/.exec(group)?.[0] ?? []);
    const tableGroups = new Set(OPTION_KEYS.map((key) => optionSpec(key).group));
    const commands = ['Commands', 'Commands for finished datasets', 'Commands for clusters'];
    expect(headings).toEqual(['Help', ...tableGroups, ...commands]);
  });

  it('shows defaults, and --[no-] for flags that are on by default', async () => {
    const { stdout } = await runCli(['--help']);
    expect(stdout).toMatch(/--image-size <n> +Target side in pixels for --resize-mode\s+\[512\]/);
    expect(stdout).toMatch(/--\[no-\]auto-orient /);
    expect(stdout).not.toContain('--no-json');
  });

  it('equals the output of laion-fetch help', async () => {
    const [byFlag, byCommand] = await Promise.all([runCli(['--help']), runCli(['help'])]);
    expect(byCommand).toEqual(byFlag);
  });

  it.each([['inspect'], ['verify'], ['doctor']])('of %s is short', async (command) => {
    const { code, stdout } = await runCli([command, '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Usage: laion-fetch ${command} `));
    expect(stdout).not.toContain('--image-size');
    expect(stdout.split('\n').length).toBeLessThan(45);
  });
});

describe('laion-fetch --version', () => {
  it('prints only the version', async () => {
    expect(await runCli(['--version'])).toMatchObject({ code: 0, stdout: `${VERSION}\n`, stderr: '' });
  });
});
