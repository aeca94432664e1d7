import { execFile } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { useBox } from '../support/box/use-box.ts';
import { CLI, runCli } from '../support/command/cli.ts';
import { useTempFolder } from '../support/temp-folder.ts';

/** Little enough for any machine that can run the tests. */
const MODEST = ['--concurrency', '16', '--decoders', '1'];
const NO_PROXY = {
  HTTP_PROXY: '',
  HTTPS_PROXY: '',
  ALL_PROXY: '',
  http_proxy: '',
  https_proxy: '',
  all_proxy: '',
};

describe('laion-fetch doctor', () => {
  it('reports a healthy machine, and leaves nothing behind', async () => {
    const box = await useBox({ hosts: { '*': { dns: { rcode: 'NXDOMAIN' } } } });
    const parent = await useTempFolder();
    const { code, stdout, stderr } = await runCli(
      [
        'doctor',
        '--resolver',
        box.dns,
        '--output',
        join(parent, 'a/b'),
        '--output-format',
        'files',
        ...MODEST,
      ],
      { env: NO_PROXY },
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    const names = lines.flatMap((line) => /^(?:ok|warn) +([a-z]+(?: [a-z]+)?) {2}/.exec(line)?.[1] ?? []);
    expect(names).toEqual([
      'route',
      'name server',
      'open files',
      'local ports',
      'address space',
      'memory',
      'cores',
      'decoder',
      'output',
      'disk space',
      'inodes',
    ]);
    expect(stdout).toMatch(
      new RegExp(
        `name server +${box.dns}: .* of \\d+ questions answered.* enough for [\\d,]+ URLs per second`,
      ),
    );
    expect(stdout).toMatch(/^ok +decoder +starts, decodes and encodes$/m);
    expect(stdout).toContain(`'${parent}' can be written to`);
    expect(lines.at(-1)).toMatch(/^This machine is ready for the run: \d warnings?\.$/);
    expect(await readdir(parent)).toEqual([]);

    const { dns, connections } = box.stats();
    const asked = Number(/ of (\d+) questions/.exec(stdout)?.[1]);
    expect(asked).toBeGreaterThanOrEqual(16);
    expect(Object.keys(dns)).toHaveLength(asked);
    expect(Object.keys(dns).filter((question) => !/\.invalid$/.test(question))).toEqual([]);
    expect(connections).toMatchObject({ http: { total: 0 }, https: { total: 0 } });
  });

  it.each([
    ['silence', { silent: true }, 'no answer in time'],
    ['SERVFAIL', { rcode: 'SERVFAIL' }, 'it answers SERVFAIL'],
    ['REFUSED', { rcode: 'REFUSED' }, 'it answers REFUSED'],
  ] as const)('fails a name server that answers with %s', async (_what, dns, reason) => {
    const box = await useBox({ hosts: { '*': { dns } } });
    const { code, stdout } = await runCli(['doctor', '--resolver', box.dns, ...MODEST]);
    expect(code).toBe(6);
    const lines = stdout.trimEnd().split('\n');
    const failed = lines.findIndex((line) => line.startsWith('fail'));
    expect(lines[failed]).toMatch(
      new RegExp(`^fail +name server +${box.dns}: none of \\d+ questions answered \\(${reason}\\)$`),
    );
    expect(lines[failed + 1]).toMatch(/^ +→ check its address .*--resolver$/);
    expect(lines.at(-1)).toMatch(/^This machine is not ready for the run: 1 failure, /);
  });

  it('warns if one of two name servers is dead', async () => {
    const living = await useBox({ hosts: {} });
    const dead = await useBox({ hosts: { '*': { dns: { silent: true } } } });
    const { code, stdout } = await runCli(['doctor', '--resolver', `${dead.dns},${living.dns}`, ...MODEST]);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^warn +name server +${dead.dns}: none of`, 'm'));
    expect(stdout).toMatch(new RegExp(`name server +${living.dns}: (all|\\d+\\.\\d %) of`));
  });

  it('fails if the output cannot be a folder, in text that is safe for the terminal', async () => {
    const box = await useBox({ hosts: {} });
    const file = join(await useTempFolder(), 'a\u001b[31m');
    await writeFile(file, '');
    const output = join(file, 'dataset');
    const { code, stdout } = await runCli(['doctor', '--resolver', box.dns, '--output', output, ...MODEST]);
    expect(code).toBe(6);
    expect(stdout).toMatch(/^fail +output +'.*a\\u\{1b\}\[31m.*is no folder\n +→ .*--output$/m);
    expect(stdout).not.toContain('\u001b');
  });

  it('prints one JSON document with --json, even without an output', async () => {
    const box = await useBox({ hosts: { '*': { dns: { silent: true } } } });
    const { code, stdout } = await runCli(['doctor', '--resolver', box.dns, '--json', ...MODEST]);
    expect(code).toBe(6);
    const { ok, checks } = JSON.parse(stdout);
    expect(ok).toBe(false);
    expect(checks).toContainEqual({
      name: 'name server',
      verdict: 'fail',
      found: expect.stringMatching(/none of \d+ questions answered/),
      remedy: expect.stringContaining('--resolver'),
    });
    expect(checks).toContainEqual({
      name: 'output',
      verdict: 'ok',
      found: expect.stringContaining('not checked'),
      remedy: null,
    });
  });

  it('names proxies that would be ignored', async () => {
    const box = await useBox({ hosts: {} });
    const env = { ...NO_PROXY, HTTPS_PROXY: 'http://user:secret@127.0.0.1:3128' };
    const { code, stdout } = await runCli(['doctor', '--resolver', box.dns, ...MODEST], { env });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^warn +proxy +HTTPS_PROXY set/m);
    expect(stdout).not.toContain('secret');
  });

  it.skipIf(process.platform === 'win32')('fails a limit of open files that is too low', async () => {
    const box = await useBox({ hosts: {} });
    const args = ['doctor', '--resolver', box.dns, '--concurrency', '1000', '--decoders', '1'];
    const script = 'ulimit -n 256 && exec "$0" "$@"';
    const { code, stdout } = await new Promise<{ code: unknown; stdout: string }>((resolve) => {
      execFile('sh', ['-c', script, process.execPath, CLI, ...args], (error, out) =>
        resolve({ code: error?.code ?? 0, stdout: out }),
      );
    });
    expect(code).toBe(6);
    expect(stdout).toMatch(/^fail +open files +at most 256, 2,081 needed for --concurrency 1000$/m);
  });
});
