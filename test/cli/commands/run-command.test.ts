import { afterEach, describe, expect, it, vi } from 'vitest';
import { printNotice, runCommand } from '../../../src/cli/commands/run-command.ts';
import { EXIT, outputError } from '../../../src/core/errors.ts';

describe('runCommand()', () => {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const printed = (): string => write.mock.calls.map(([text]) => String(text)).join('');
  afterEach(() => write.mockClear());

  it('returns the exit code of the command', async () => {
    expect(await runCommand(async () => EXIT.incomplete)).toBe(5);
    expect(printed()).toBe('');
  });

  it("turns a user's mistake into one line and its exit code", async () => {
    const failing = async (): Promise<never> => {
      throw outputError('Cannot write\n  \u001b[2J here');
    };
    expect(await runCommand(failing)).toBe(EXIT.output);
    expect(printed()).toBe('laion-fetch: Cannot write \\u{1b}[2J here\n');
  });

  it('reports everything else as a bug, with its stack', async () => {
    const failing = async (): Promise<never> => {
      throw new TypeError('oops');
    };
    expect(await runCommand(failing)).toBe(EXIT.bug);
    expect(printed()).toMatch(
      /^TypeError: oops\n {4}at .*\nlaion-fetch: this is a bug in laion-fetch \d.*\n$/s,
    );
  });

  it('printNotice() makes one line of any text', () => {
    printNotice('a\r\nb\u2028c');
    expect(printed()).toBe('laion-fetch: a b\\u{2028}c\n');
  });
});
