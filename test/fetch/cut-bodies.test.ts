import { expect, test } from 'vitest';
import type { Answer } from '../support/box/answers.ts';
import { useBox } from '../support/box/use-box.ts';
import { useFetcher } from '../support/use-fetcher.ts';

const BODY = { fixture: 'images/tiny.jpg' };
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';

async function fetchAnswer(answer: Answer, retries: number) {
  const box = await useBox({ hosts: { 'a.example': { paths: { '/x': answer } } } });
  const fetcher = useFetcher({ resolvers: [box.dns], retries });
  const result = await fetcher.fetch(box.url('a.example', '/x'));
  if (!result.ok) throw new Error('expected a body');
  return { fetcher, result };
}

test.each<[what: string, answer: Answer, retries: number, mayBeCut: boolean]>([
  ['ends with its connection', { body: BODY, untilClose: true }, 1, true],
  ['ends with its connection, in the last attempt,', { body: BODY, untilClose: true }, 0, false],
  ['has a length', { body: BODY }, 1, false],
  ['has chunks', { raw: CHUNKED }, 1, false],
])('a body that %s may be cut or not', async (_what, answer, retries, mayBeCut) => {
  const { result } = await fetchAnswer(answer, retries);
  expect(result.again !== null).toBe(mayBeCut);
});

test('a body that may be cut is requested once more and not twice', async () => {
  const { fetcher, result } = await fetchAnswer({ body: BODY, untilClose: true }, 5);
  if (result.again === null) throw new Error('expected another attempt');
  const second = await fetcher.resume(result.again);
  expect(second).toMatchObject({ ok: true, again: null, facts: { attempts: 2 } });
});
