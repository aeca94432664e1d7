import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Line, splitLines } from '../../../src/util/text/lines.ts';

async function* chunksOf(parts: readonly string[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield Buffer.from(part, 'latin1');
}

async function split(parts: readonly string[], maxBytes = 100): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const batch of splitLines(chunksOf(parts), maxBytes)) lines.push(...batch);
  return lines;
}

const texts = (lines: readonly Line[]) => lines.map(({ bytes }) => bytes?.toString('latin1') ?? null);

test('splitLines cuts at LF and CR LF and numbers from 1', async () => {
  const lines = await split(['a\r', '\nb\n\nc']);
  expect(texts(lines)).toEqual(['a', 'b', '', 'c']);
  expect(lines.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
});

test('splitLines returns no line after the last line end', async () => {
  expect(texts(await split(['a\n']))).toEqual(['a']);
  expect(texts(await split([]))).toEqual([]);
});

test('splitLines returns null for a line that is too long and continues with the next', async () => {
  expect(texts(await split(['12345', '67\nok\n', '123456'], 5))).toEqual([null, 'ok', null]);
  expect(texts(await split(['12345\n'], 5))).toEqual(['12345']);
});

test('splitLines returns the same lines wherever the chunks end', async () => {
  const line = fc.string({ unit: fc.constantFrom('a', 'b', ' ') });
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1 }), fc.array(fc.nat(7)), async (lines, sizes) => {
      let rest = `${lines.join('\n')}\n`;
      const parts: string[] = [];
      for (const size of sizes) {
        parts.push(rest.slice(0, size));
        rest = rest.slice(size);
      }
      expect(texts(await split([...parts, rest]))).toEqual(lines);
    }),
  );
});
