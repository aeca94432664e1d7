import { FAILURES } from '../../core/failures.ts';
import { RESERVED_COLUMNS } from '../../core/reserved-columns.ts';
import { formatCount } from '../../util/text/units.ts';
import { type YamlValue, yamlText } from '../../util/text/yaml.ts';
import { cardRights } from './card-rights.ts';
import type { DatasetFacts } from './dataset-facts.ts';
import { huggingfaceFeatures } from './huggingface-features.ts';

/**
 * `README.md`, the dataset card: where Hugging Face's `datasets` finds samples and features, then for people what is in the
 * dataset, what failed, and what is known about rights. Null for MDS, which `datasets` does not read.
 */
export function card(facts: DatasetFacts): string | null {
  if (facts.format === 'mds') return null;
  return `---\n${yamlText(frontMatter(facts))}---\n\n${sections(facts).join('\n\n')}\n`;
}

function frontMatter(facts: DatasetFacts): YamlValue {
  const configs = [{ config_name: 'default', data_files: [{ split: 'train', path: dataFiles(facts) }] }];
  if (facts.format === 'files') return { configs };
  return { configs, dataset_info: { config_name: 'default', features: huggingfaceFeatures(facts) } };
}

/** Images come first, because `datasets` chooses its reader by the first files. */
function dataFiles({ format, extensions }: DatasetFacts): YamlValue {
  if (format === 'webdataset') return '*.tar';
  return [...extensions.map((extension) => `**/*.${extension}`), '*/metadata.jsonl'];
}

function sections(facts: DatasetFacts): readonly string[] {
  const { caption, index } = facts;
  return [
    `# ${caption ? 'Images and captions' : 'Images'} of ${names(index)}`,
    `Downloaded by laion-fetch from the URLs in ${names(index)}.`,
    counts(facts),
    '## Files',
    files(facts),
    ...failures(facts),
    ...cardRights(facts),
  ];
}

function counts({ shards }: DatasetFacts): string {
  const [rows, samples] = [sum(shards.map((shard) => shard.rows)), sum(shards.map((shard) => shard.samples))];
  return [
    '| shards | rows of the index | images |',
    '|---|---|---|',
    `| ${formatCount(shards.length)} | ${formatCount(rows)} | ${formatCount(samples)} |`,
  ].join('\n');
}

function files({ format, caption, extensions, fields, shards }: DatasetFacts): string {
  const members = [...extensions, 'json', ...(caption ? ['txt'] : [])].map((extension) =>
    code(`KEY.${extension}`),
  );
  const carried = fields.filter(({ name }) => !RESERVED_COLUMNS.has(name)).map(({ name }) => code(name));
  const isParted = shards.some(({ files: tars }) => tars.length > 1);
  const tar = isParted ? '`00000.tar` (or `00000_001.tar` and so on)' : '`00000.tar`';
  const place = format === 'webdataset' ? tar : 'the folder `00000`';
  return [
    `- For each image, ${place} has ${members.slice(0, -1).join(', ')} and ${members.at(-1) ?? ''}.`,
    '- `00000.parquet` has every row of the index, also those that failed, with the outcome of each.',
    ...(carried.length === 0
      ? []
      : [`- From the index, the JSON and the Parquet files have ${carried.join(', ')}.`]),
  ].join('\n');
}

function failures({ failures: counted }: DatasetFacts): readonly string[] {
  if (counted.size === 0) return [];
  const lines = [...counted].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  return [
    '## Failed rows',
    [
      '| failure | rows | |',
      '|---|---|---|',
      ...lines.map(
        ([name, count]) => `| \`${name}\` | ${formatCount(count)} | ${FAILURES[name]?.summary ?? ''} |`,
      ),
    ].join('\n'),
  ];
}

const names = (index: readonly string[]): string =>
  index.length === 0 || index.length > 3
    ? `an index of ${formatCount(index.length)} files`
    : index.map(code).join(', ');

/** Text that Markdown shows as it is. */
const code = (text: string): string => `\`${text.replace(/[`|\p{C}]/gu, '_')}\``;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
