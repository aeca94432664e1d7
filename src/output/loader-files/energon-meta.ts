import { yamlText } from '../../util/text/yaml.ts';
import type { DatasetFacts, SamplesFileFacts } from './dataset-facts.ts';

/** `.nv-meta/.info.json` of Megatron-Energon: the samples of each tar. Energon refuses empty tars. */
export function energonInfo(facts: DatasetFacts): string | null {
  if (facts.format !== 'webdataset') return null;
  const counts = filledTars(facts).map(({ name, samples }) => [name, samples]);
  return `${JSON.stringify({ shard_counts: Object.fromEntries(counts) }, null, 2)}\n`;
}

/** `.nv-meta/split.yaml`: every tar is for training. */
export function energonSplit(facts: DatasetFacts): string | null {
  if (facts.format !== 'webdataset') return null;
  const train = filledTars(facts).map(({ name }) => name);
  return yamlText({ split_parts: { train, val: [], test: [] }, exclude: [] });
}

/** `.nv-meta/dataset.yaml`: images with captions, or images alone. */
export function energonDataset({ format, caption, extensions }: DatasetFacts): string | null {
  if (format !== 'webdataset') return null;
  const image = extensions.join(',');
  return yamlText({
    sample_type: {
      __module__: 'megatron.energon',
      __class__: caption ? 'CaptioningSample' : 'ImageSample',
    },
    field_map: caption ? { image, caption: 'txt' } : { image },
  });
}

const filledTars = ({ shards }: DatasetFacts): readonly SamplesFileFacts[] =>
  shards.flatMap(({ files: tars }) => tars).filter(({ samples }) => samples > 0);
