import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { EXIT, UserError } from '../../../src/core/errors.ts';
import { writeError } from '../../../src/output/store/write-error.ts';

const systemError = (errno: number) => Object.assign(new Error('E'), { errno, code: 'E', syscall: 'write' });

describe('writeError()', () => {
  it('names the path, the reason and, for a full disk, the bytes needed', () => {
    const error = writeError('out/00000.tar', systemError(-28), 266_000_000);
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({ exitCode: EXIT.output });
    expect((error as Error).message).toBe(
      "Cannot write 'out/00000.tar': no space left on device (ENOSPC), about 266000000 bytes are needed; " +
        'fix this and run the same command again',
    );
    expect((writeError('a', systemError(-28), 0) as Error).message).toContain('(ENOSPC); fix this');
  });

  it('knows the error of an exceeded quota, which Node does not', () => {
    expect((writeError('a', systemError(-constants.errno.EDQUOT), 2048) as Error).message).toBe(
      "Cannot write 'a': disk quota exceeded (EDQUOT), about 2048 bytes are needed; " +
        'fix this and run the same command again',
    );
  });

  it('mentions no bytes if something else is wrong', () => {
    expect((writeError('a', systemError(-5), 9) as Error).message).toBe(
      "Cannot write 'a': i/o error (EIO); fix this and run the same command again",
    );
  });

  it('returns other errors unchanged', () => {
    const bug = new TypeError('a bug');
    expect(writeError('a', bug, 0)).toBe(bug);
    expect(writeError('a', 'text', 0)).toBe('text');
  });
});
