import { FAILURES } from '../../core/failures.ts';
import { formatCount } from '../../util/text/units.ts';
import type { DatasetFacts } from './dataset-facts.ts';

const MOST_LINES = 10;

/** The section of the card about rights: the policy, who said no, licences, creators. Texts are Markdown. */
export function cardRights(facts: DatasetFacts): readonly string[] {
  const { attribution } = facts;
  return [
    '## Rights',
    owners(facts),
    policy(facts),
    ...refusals(facts),
    ...(attribution === null
      ? ['`laion-fetch attribution` lists who made the images and under which licences.']
      : [
          `A licence is named for ${formatCount(attribution.licensed)} of ${formatCount(attribution.images)} images, ` +
            `and a creator for ${formatCount(attribution.credited)}: see [ATTRIBUTION.md](ATTRIBUTION.md), and ` +
            '`ATTRIBUTION.parquet` for each image.',
          ...table(['licence', 'images'], attribution.licences),
          ...table(['creator', 'images'], attribution.creators),
        ]),
  ];
}

function owners({ fields }: DatasetFacts): string {
  const stated = fields
    .filter(({ name }) => /licen[cs]e|copyright|rights/i.test(name) && name !== 'rights')
    .map(({ name }) => code(name));
  const columns =
    stated.length === 0
      ? 'The index says nothing about licences.'
      : `What the index says about licences is in ${stated.join(', ')}.`;
  const record = fields.some(({ name }) => name === 'rights')
    ? ' What owners said about the use of an image, and who made it by its own metadata, is in `rights`.'
    : '';
  return [
    'The images belong to their owners, and each has its own licence; an index of URLs grants none.',
    `${columns}${record}`,
    'Check what the owners and the law allow before you share the dataset or train on it.',
  ].join(' ');
}

const POLICIES: Readonly<Record<string, string>> = {
  off: 'opt-outs from training were not looked for',
  record: 'opt-outs from training were recorded, and the images kept',
  standard: 'no image was kept whose owner refuses training in a machine-readable way',
  strict: 'no image was kept whose owner refuses training in a machine-readable way, or may do so',
};

function policy({ policies }: DatasetFacts): string {
  const texts = policies.map((name) => `with \`--rights ${name}\`: ${POLICIES[name] ?? 'as that says'}`);
  return texts.length === 0
    ? 'It is not known whether opt-outs from training were looked for.'
    : `The images were downloaded ${texts.join('; others ')}.`;
}

function refusals({ failures, attribution }: DatasetFacts): readonly string[] {
  const counted = [...failures].filter(([name]) => FAILURES[name]?.stage === 'rights');
  const rows = counted.reduce((sum, [, count]) => sum + count, 0);
  if (rows === 0) return ['No row was denied.'];
  const said =
    rows === 1
      ? '1 row of the index was denied: its image is not in the dataset.'
      : `${formatCount(rows)} rows of the index were denied: their images are not in the dataset.`;
  if (attribution === null)
    return [
      said,
      ...table(
        ['reason', 'rows'],
        counted.map(([name, count]) => [name, count] as const),
      ),
    ];
  return [
    said,
    ...table(['denied by', 'rows'], attribution.mechanisms),
    ...table(['host', 'rows'], attribution.hosts),
  ];
}

function table(
  [name, figure]: readonly [string, string],
  counts: readonly (readonly [string, number])[],
): readonly string[] {
  if (counts.length === 0) return [];
  const shown = [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, MOST_LINES);
  return [
    [
      `| ${name} | ${figure} |`,
      '|---|---:|',
      ...shown.map(([text, count]) => `| ${code(text)} | ${formatCount(count)} |`),
      ...(counts.length > MOST_LINES ? [`| and others | |`] : []),
    ].join('\n'),
  ];
}

/** Foreign text, in which Markdown means nothing. */
const code = (text: string): string => `\`${text.replace(/[`|\p{C}]/gu, '_').slice(0, 200)}\``;
