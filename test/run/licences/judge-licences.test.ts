import { expect, test } from 'vitest';
import type { SampleRow } from '../../../src/core/samples.ts';
import { licenceColumns, licenceJudge } from '../../../src/run/licences/judge-licences.ts';

const columns = ['license', 'title', 'License URL', 'rightsholder'].map((name) => ({ name }));

test('columns of licences are found by their names, an address before a name', () => {
  expect(licenceColumns(columns)).toEqual([2, 0]);
});

test.each([
  [['All rights reserved', '', 'https://creativecommons.org/licenses/by/4.0/'], 'granted'],
  [['CC BY 4.0', '', 'https://creativecommons.org/licenses/by-nc/4.0/'], 'refused'],
  // A statement that names no licence leaves the decision to the next column, and at last to the image.
  [['CC BY 4.0', '', 'https://a.example/terms'], 'granted'],
  [['?', 'CC BY 4.0', null], 'open'],
])('%j with --license by is %s', (values, answer) => {
  const judge = licenceJudge({ license: ['by'] }, columns);
  expect(judge({ values: [...values, ''] } as unknown as SampleRow)).toMatchObject({ licence: answer });
});
