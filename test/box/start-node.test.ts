import { expect, test } from 'vitest';
import { startNode } from '../support/command/start-node.ts';

test('startNode() gives input, environment and folder to the script and returns what it printed', async () => {
  const script = `process.stdin.on('data', (text) => console.log(String(text), process.env.GREETING, process.cwd()));
    process.on('exit', () => { console.error('bye'); process.exitCode = 3; })`;
  const options = { stdin: 'hello', env: { GREETING: 'hi' }, cwd: '/' };
  expect(await startNode(['-e', script], options).result).toEqual({
    code: 3,
    signal: null,
    stdout: 'hello hi /\n',
    stderr: 'bye\n',
  });
});

test('startNode() lets a test wait for a text and send a signal', async () => {
  const command = startNode(['-e', `console.error('up'); setInterval(() => {}, 1000)`]);
  await command.shows('up');
  command.kill('SIGTERM');
  expect(await command.result).toMatchObject({ code: null, signal: 'SIGTERM', stderr: 'up\n' });
  await command.shows('up');
});

test('shows() rejects when the script ends without the text', async () => {
  const command = startNode(['-e', `console.log('down')`]);
  await expect(command.shows('up')).rejects.toThrow(/Expected 'up' from -e .*\ndown/);
  expect((await command.result).code).toBe(0);
});

test('startNode() kills a script that takes too long', async () => {
  const { result } = startNode(['-e', 'setInterval(() => {}, 1000)'], { timeoutMs: 100 });
  await expect(result).rejects.toThrow('Expected an end within 100 ms');
});
