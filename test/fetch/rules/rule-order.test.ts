import { expect, test } from 'vitest';
import type { Reply } from '../../support/box/answers.ts';
import { useBox } from '../../support/box/use-box.ts';
import { useFetcher } from '../../support/use-fetcher.ts';

const FILES = ['/robots.txt', '/.well-known/tdmrep.json'];

test('the image of a host follows its rules, while their connection is open, before other hosts are asked', async () => {
  const names = Array.from({ length: 20 }, (_, at) => `h${at}.example`);
  const asked: string[] = [];
  const image: Reply = ({ path }) => {
    asked.push(path);
    return { body: { image: { width: 4, height: 3, seed: 1 } } };
  };
  const file: Reply = ({ path }) => {
    asked.push(path);
    return { status: 404, delayMs: 40 };
  };
  const paths = { '*': image, ...Object.fromEntries(FILES.map((path) => [path, file])) };
  const box = await useBox({ hosts: Object.fromEntries(names.map((name) => [name, { paths }])) });
  const fetcher = useFetcher({
    resolvers: [box.dns],
    concurrency: 2,
    rights: { policy: 'standard', files: ['robots.txt', 'tdmrep.json'], tokens: [] },
  });
  await Promise.all(names.map((name) => fetcher.fetch(box.url(name, '/x'))));
  const early = asked.slice(0, asked.lastIndexOf('/robots.txt')).filter((path) => path === '/x');
  expect(early.length).toBeGreaterThan(names.length / 2);
});
