import type { SetName } from './image-sets.ts';

/** A task for both clients, with the same images. */
export interface Workload {
  readonly id: string;
  readonly title: string;
  readonly set: SetName;
  /** Rows relative to the first workload. */
  readonly share: number;
  /** True: the many hosts of a LAION index, most rows over https. False: one address over http. */
  readonly manyHosts: boolean;
  /** img2dataset's flags, which both clients accept. */
  readonly flags: readonly string[];
}

const keepRatio256 = ['--image_size', '256', '--resize_mode', 'keep_ratio'];

/**
 * The simulated web is not among `WORKLOADS` because another benchmark runs it. It needs many rows: three attempts at a
 * silent host take half a minute, which would be a large part of a short run.
 */
export const SIMULATED_WEB = {
  id: 'f',
  title: 'simulated web, 30 % of the rows failing, to 256',
  share: 10,
} as const;

export const WORKLOADS: readonly Workload[] = [
  {
    id: 'a',
    title: 'laion-like, http, to 256',
    set: 'laion',
    share: 1,
    manyHosts: false,
    flags: keepRatio256,
  },
  {
    id: 'b',
    title: 'wide, http, to 256',
    set: 'wide',
    share: 0.5,
    manyHosts: false,
    flags: keepRatio256,
  },
  {
    id: 'c',
    title: 'wide, http, as DataComp: longer side 512, only if bigger',
    set: 'wide',
    share: 0.5,
    manyHosts: false,
    flags: [
      ...['--image_size', '512', '--resize_mode', 'keep_ratio_largest'],
      ...['--resize_only_if_bigger', 'True'],
    ],
  },
  {
    id: 'd',
    title: 'laion-like, http, originals, nothing decoded',
    set: 'laion',
    share: 2,
    manyHosts: false,
    flags: ['--disable_all_reencoding', 'True'],
  },
  {
    id: 'e',
    title: 'laion-like, 62 % https, many hosts, to 256',
    set: 'laion',
    share: 0.5,
    manyHosts: true,
    flags: keepRatio256,
  },
  {
    id: 'g',
    title: '12 megapixels, http, to 256',
    set: 'large',
    share: 0.05,
    manyHosts: false,
    flags: keepRatio256,
  },
];

/** Flags of both clients for every workload, besides those for the index and the output. */
export const COMMON_FLAGS: readonly string[] = [
  ...['--input_format', 'parquet', '--url_col', 'URL', '--caption_col', 'TEXT'],
  ...['--output_format', 'webdataset', '--processes_count', '2', '--thread_count', '32'],
  ...['--enable_wandb', 'False'],
];

/** Flags that make laion-fetch behave like img2dataset: its defaults, and as many connections per host. */
export const OWN_FLAGS: readonly string[] = [
  ...['--preset', 'img2dataset', '--allow-private', '127.0.0.0/8', '--per-host', '64'],
];
