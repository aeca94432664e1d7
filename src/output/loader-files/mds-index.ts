import { mdsColumns } from '../metadata/mds-columns.ts';
import type { DatasetFacts } from './dataset-facts.ts';

/** `index.json` of MosaicML's streaming: the files that have samples, their columns and digests. */
export function mdsIndex({ mds }: DatasetFacts): string | null {
  if (mds.length === 0) return null;
  const entries = mds.flatMap(({ files, ...shape }) => {
    const columns = mdsColumns(shape);
    return files
      .filter(({ samples }) => samples > 0)
      .map(({ name, samples, digest }) => ({
        column_encodings: columns.map(({ encoding }) => encoding),
        column_names: columns.map((column) => column.name),
        column_sizes: columns.map(() => null),
        compression: null,
        format: 'mds',
        hashes: digest === undefined ? [] : ['sha256'],
        raw_data: {
          basename: name,
          bytes: digest?.bytes ?? 0,
          hashes: digest === undefined ? {} : { sha256: digest.sha256 },
        },
        samples,
        size_limit: null,
        version: 2,
        zip_data: null,
      }));
  });
  return `${JSON.stringify({ shards: entries, version: 2 })}\n`;
}
