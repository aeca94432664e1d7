import { card } from './card.ts';
import { croissant } from './croissant.ts';
import type { DatasetFacts } from './dataset-facts.ts';
import { energonDataset, energonInfo, energonSplit } from './energon-meta.ts';
import { mdsIndex } from './mds-index.ts';
import { sizes, widsIndex } from './shard-lists.ts';

/** A file that describes a whole dataset to a loader. */
export interface DatasetFile {
  /** Path in the dataset. */
  readonly name: string;
  /** Whether people are meant to edit it, so that another content is no damage. */
  readonly isEdited?: true;
  /** The text of the file; null if such a dataset has none. */
  content(facts: DatasetFacts): string | null;
}

/** To add one: a file like `shard-lists.ts` and a line here. */
export const DATASET_FILES: readonly DatasetFile[] = [
  { name: 'README.md', isEdited: true, content: card },
  { name: 'croissant.json', content: croissant },
  { name: 'index.json', content: mdsIndex },
  { name: 'sizes.json', content: sizes },
  { name: 'shardindex.json', content: widsIndex },
  { name: '.nv-meta/.info.json', content: energonInfo },
  { name: '.nv-meta/split.yaml', isEdited: true, content: energonSplit },
  { name: '.nv-meta/dataset.yaml', isEdited: true, content: energonDataset },
];
