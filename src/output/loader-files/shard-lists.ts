import type { DatasetFacts } from './dataset-facts.ts';

/** `sizes.json` of open_clip and DataComp: the number of samples in each tar. */
export function sizes({ format, shards }: DatasetFacts): string | null {
  if (format !== 'webdataset') return null;
  const counts = shards.flatMap(({ files: tars }) =>
    tars.map(({ name, samples }) => [name, samples] as const),
  );
  return jsonText(Object.fromEntries(counts));
}

/** `shardindex.json` of wids. Its optional `md5sum` is left out: it would cost a second digest of every byte. */
export function widsIndex({ format, shards }: DatasetFacts): string | null {
  if (format !== 'webdataset') return null;
  const shardlist = shards.flatMap(({ files }) =>
    files.map(({ name, samples, digest }) => ({
      url: name,
      nsamples: samples,
      ...(digest === undefined ? {} : { filesize: digest.bytes }),
    })),
  );
  return jsonText({ __kind__: 'wids-shard-index-v1', wids_version: 1, shardlist });
}

const jsonText = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;
