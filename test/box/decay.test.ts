import { expect, test } from 'vitest';
import type { Answer, Body, BoxRequest } from '../support/box/answers.ts';
import { decay } from '../support/box/decay.ts';

const IMAGES: readonly Body[] = [{ zeros: 1 }, { zeros: 2 }];

function answers(share: number, host = 'a.example'): Answer[] {
  const reply = decay(share, IMAGES).paths?.['*'];
  if (typeof reply !== 'function') throw new Error('decay() answers by a function');
  const request = (index: number): BoxRequest => ({
    scheme: 'http',
    method: 'GET',
    host,
    path: `/${index}.jpg`,
    headers: {},
  });
  return Array.from({ length: 5000 }, (_, index) => reply(request(index)));
}

const shareOf = (list: readonly Answer[], wanted: (answer: Answer) => boolean) =>
  list.filter(wanted).length / list.length;
const isImage = ({ body }: Answer) => body !== undefined && 'zeros' in body;

test('decay() fails the same URLs in the same way every time', () => {
  expect(answers(0.3)).toEqual(answers(0.3));
  expect(answers(0.3, 'b.example')).not.toEqual(answers(0.3));
});

test('decay(0) fails no URL and serves all images', () => {
  const all = answers(0);
  expect(shareOf(all, isImage)).toBe(1);
  expect(new Set(all.map(({ body }) => body))).toEqual(new Set(IMAGES));
});

test('decay() fails a share of the URLs, most of them by 404, the rest of it by dead names', () => {
  const all = answers(0.5);
  expect(shareOf(all, isImage)).toBeCloseTo(0.55, 1);
  expect(shareOf(all, ({ status }) => status === 404)).toBeCloseTo(0.22, 1);

  const { dns } = decay(0.5, IMAGES);
  if (typeof dns !== 'function') throw new Error('decay() names hosts by a function');
  const names = Array.from({ length: 5000 }, (_, index) => dns(`host-${index}.example`));
  expect(names.filter((answer) => 'rcode' in answer).length / names.length).toBeCloseTo(0.05, 1);
});

test('decay(1) fails everything that has a name', () => {
  expect(shareOf(answers(1), (answer) => !isImage(answer))).toBeCloseTo(0.9, 1);
});
