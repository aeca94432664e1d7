import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type Options, resolveOptions } from '../../../src/config/resolve.ts';
import type { ShardId } from '../../../src/core/samples.ts';
import type { RunEvent } from '../../../src/run/engine/events.ts';
import type { RowBatch } from '../../../src/run/index/assign-shards.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

// The engine starts the built decoders; `npm run build` comes first.
const built = new URL('../../../dist/run/engine/engine.js', import.meta.url).href;
const { Engine } = (await import(built)) as typeof import('../../../src/run/engine/engine.ts');

const options: Options = {
  ...resolveOptions([]).options,
  lanes: 1,
  decoders: 1,
  concurrency: 1,
  timeoutMs: 60_000,
  deadlineMs: 60_000,
  retries: 0,
  allowPrivate: ['127.0.0.0/8'],
};
const MIB = 2 ** 20;

test('the engine reads no further rows while the values of unsettled rows take 128 MiB', async () => {
  const server = await useSilentServer();
  const abort = new AbortController();
  const caption = 'x'.repeat(4 * MIB);
  const allowed = 32;
  let read = 0;
  async function* readBatches(): AsyncGenerator<RowBatch, readonly number[]> {
    for (; read < 2 * allowed; read += 1) {
      const row = { url: `${server.url}/${read}`, caption, values: [] };
      yield { fileName: 'index', id: 0 as ShardId, rows: [{ index: read, row }], endsShard: false };
    }
    return [read];
  }
  const scratch = await useTempFolder();
  let run: Promise<unknown> = Promise.resolve();
  const event = await new Promise<RunEvent>((resolve) => {
    const engine = Engine.start({
      options,
      io: { readBatches, writeShard: async () => null },
      scratch,
      run: null,
      denyList: null,
      hosts: [],
      onRuleFile: () => {},
      emit: (event) => {
        if (event.type === 'waiting') resolve(event);
      },
      signal: abort.signal,
    });
    run = engine.run();
  });
  const readAhead = read;
  abort.abort();
  server.answerAll();
  expect(await run).toBeNull();
  expect(event).toMatchObject({ pressure: ['bytes'] });
  expect(readAhead).toBe(allowed);
});

/** A server that answers nothing until `answerAll`, and everything after it. */
async function useSilentServer() {
  let isSilent = true;
  const held: ServerResponse[] = [];
  const server = createServer((_, response) => {
    if (isSilent) held.push(response);
    else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answerAll: () => {
      isSilent = false;
      for (const response of held) response.writeHead(404).end();
    },
  };
}
