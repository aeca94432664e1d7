import type { OptionKey, OptionValues } from '../config/options/options.ts';
import type { FailureCode } from '../core/failures.ts';

/** Options of the command line that a program does not need: what to print and log, where options come from, who starts it. */
export const COMMAND_LINE_KEYS = [
  ...(['json', 'progress', 'quiet', 'dryRun', 'logLevel', 'logFile', 'metrics', 'config'] as const),
  ...(['distributor', 'master', 'address', 'subjobSize', 'beginOnly', 'endWith'] as const),
] as const;

/** Options of the network and of this machine, which a retry may change. */
export const RETRY_KEYS = [
  ...(['concurrency', 'perHost', 'perHostRate', 'rate', 'bandwidth', 'timeoutMs', 'deadlineMs'] as const),
  ...(['maxBytes', 'retries', 'resolver', 'proxy', 'insecureTls', 'userAgent', 'contact'] as const),
  ...([
    'requestHeader',
    'userAgentToken',
    'allowPrivate',
    'ports',
    'decoders',
    'lanes',
    'scratch',
    'failUnder',
  ] as const),
] as const satisfies readonly OptionKey[];

/** Options of the network and of rights: no image is downloaded or decoded. */
export const RECHECK_KEYS = [
  ...(['rights', 'rightsTokens', 'rightsFiles', 'concurrency', 'perHost', 'perHostRate', 'rate'] as const),
  ...(['timeoutMs', 'deadlineMs', 'retries', 'resolver', 'proxy', 'insecureTls', 'userAgent'] as const),
  ...(['contact', 'requestHeader', 'userAgentToken', 'allowPrivate', 'ports', 'scratch'] as const),
] as const satisfies readonly OptionKey[];

export const VERIFY_KEYS = ['inputFormat', 'decoders'] as const satisfies readonly OptionKey[];

/** Options of the table whose columns are added. */
export const COLUMNS_KEYS = [
  ...(['inputFormat', 'header', 'delimiter', 'encoding', 'records', 'scratch'] as const),
] as const satisfies readonly OptionKey[];

type DownloadKey = Exclude<OptionKey, (typeof COMMAND_LINE_KEYS)[number] | 'output'>;

/** Values of some options; null and undefined stand for the default. */
type Values<Key extends OptionKey> = { readonly [K in Key]?: OptionValues[K] | null | undefined };

/**
 * Options of `download`. Apart from `index` and `output` they are those of the command line, in camelCase: `imageSize`,
 * `where`, `perHost`. Durations are milliseconds (`timeoutMs`), sizes are bytes (`maxBytes`), lists are arrays. An
 * option that is left out, null or undefined has its default; README.md has the table of all options.
 */
export interface DownloadOptions extends Values<DownloadKey> {
  /** Files, folders or globs of the index, on this machine or as URLs: `https://`, `hf://`, `s3://`, `gs://`, `az://`. */
  readonly index: string | readonly string[];
  /** Folder that the dataset is written to. */
  readonly output: string;
}

/** Options of `plan`: those of the download to plan. They need no `output`. */
export interface PlanOptions extends Omit<DownloadOptions, 'output'> {
  readonly output?: string | null | undefined;
}

/** Options of `retry`: the network's. The dataset keeps the options that it was made with. */
export interface RetryOptions extends Values<(typeof RETRY_KEYS)[number]> {
  /** Folder of the dataset. */
  readonly output: string;
  /** Codes of the failures to try again, or `all`. Default: those that may be temporary. */
  readonly classes?: readonly FailureCode[] | 'all' | null | undefined;
}

/** Options of `recheck`. Policy and robot names are by default those of the dataset. */
export interface RecheckOptions extends Values<(typeof RECHECK_KEYS)[number]> {
  /** Folder of the dataset. */
  readonly output: string;
  /** Whether to take the samples out whose owners say no. Default: false. */
  readonly remove?: boolean | null | undefined;
}

/** Options of `verify`. */
export interface VerifyOptions extends Values<(typeof VERIFY_KEYS)[number]> {
  /** Folder of the dataset. */
  readonly output: string;
  /** Whether to decode every image and compare its size with the metadata. Default: false. */
  readonly deep?: boolean | null | undefined;
  /** Whether to remove broken shards, so that the same download makes them again. Default: false. */
  readonly repair?: boolean | null | undefined;
  /** Files of the index to compare row by row. Default: the paths that the download read. */
  readonly index?: string | readonly string[] | null | undefined;
}

/** Options of `merge`. */
export interface MergeOptions {
  /** A new folder for the merged dataset, or its address in a store. */
  readonly output: string;
  /** Folders or addresses of finished datasets of one format, in the order of their samples. */
  readonly datasets: readonly string[];
  /** Whether to number all samples anew, also those that rows have named. Default: false. */
  readonly renumber?: boolean | null | undefined;
}

/** Options of `columns`: those to add, with their table, or those to drop, or both. */
export interface ColumnsOptions extends Values<(typeof COLUMNS_KEYS)[number]> {
  /** Folder or address of the dataset. */
  readonly output: string;
  /** Columns of the table to add. */
  readonly add?: readonly string[] | null | undefined;
  /** Files of the table. */
  readonly from?: string | readonly string[] | null | undefined;
  /** The column that names rows, in the table and in the dataset. Default: `key`, or else the URL. */
  readonly on?: string | null | undefined;
  /** Columns of the index to remove. */
  readonly drop?: readonly string[] | null | undefined;
}
