import { createHash } from 'node:crypto';
import { headerName } from '../../config/options/request-headers.ts';
import type { Options } from '../../config/resolve.ts';
import { outputError, UserError, usageError } from '../../core/errors.ts';
import { openStore } from '../../output/store/open-store.ts';

/** An input as it was when the run started. */
export interface ManifestInput {
  readonly name: string;
  /** Null for standard input. */
  readonly bytes: number | null;
  readonly fingerprint: string | null;
}

/** One run over one index; a dataset has several when it was extended. */
export interface ManifestRun {
  readonly firstShard: number;
  readonly inputs: readonly ManifestInput[];
  /** The options that decide the dataset's content, by their names on the command line. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly insecureTls: boolean;
  /** Origin of the proxy, without user and password; absent if the run used none. */
  readonly proxy?: string;
  /** Names of the headers that the user added; absent for none. */
  readonly requestHeaders?: readonly string[];
  /** The files of `--deny-list`, those of the newest start last; absent if no start had any. */
  readonly denyLists?: readonly ManifestInput[];
  readonly startedAt: string;
  /** Set if the first shards of the run were adopted: the program that wrote them. */
  readonly adopted?: 'img2dataset';
  /** Set if the shards of the run came from another dataset: its name, and a digest of its statistics. */
  readonly merged?: {
    readonly from: string;
    readonly statistics: string;
    /** Whether keys that rows gave to samples have become numbers. */
    readonly renumbered: boolean;
  };
  /**
   * Set if columns of its shards were added or removed since: their names, which no longer agree with the index, and
   * whether some shards are still to be changed.
   */
  readonly columns?: { readonly changed: readonly string[]; readonly unfinished: boolean };
  /** Set when every row of the index is in a finished shard. `fileRows`: the rows taken from each input. */
  readonly finished: { readonly at: string; readonly fileRows: readonly number[] } | null;
}

export interface Manifest {
  readonly format: 1;
  readonly runs: readonly ManifestRun[];
}

/** The folder inside the dataset's for the program's own files. */
const STATE_FOLDER = '.laion-fetch';
const MANIFEST = `${STATE_FOLDER}/manifest.json`;

/** Reads the manifest of a dataset; null if there is none. Throws a UserError if it is damaged. */
export async function readManifest(output: string): Promise<Manifest | null> {
  const store = openStore(output);
  const path = store.address(MANIFEST);
  const text = await store.read(MANIFEST).catch((error: unknown) => {
    if (error instanceof UserError) throw error;
    throw outputError(`Cannot read the manifest '${path}': ${String(error)}`, error);
  });
  if (text === null) return null;
  try {
    const manifest = JSON.parse(text.toString('utf8')) as Manifest;
    if (manifest.format === 1 && manifest.runs.every(isRun)) return manifest;
  } catch {
    // Falls through to the message below: the text is not JSON.
  }
  const remedy = 'restore the file, or remove it and the shards beside it';
  throw usageError(`Cannot use the dataset in '${output}': '${path}' is damaged; ${remedy}`);
}

function isRun(run: ManifestRun): boolean {
  const { firstShard, inputs, options, finished } = run;
  const isFinished = finished === null || Array.isArray(finished.fileRows);
  return Number.isInteger(firstShard) && Array.isArray(inputs) && typeof options === 'object' && isFinished;
}

export async function writeManifest(output: string, manifest: Manifest): Promise<void> {
  await openStore(output).write(MANIFEST, `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Identifies a run. Runs with the same index and options that started at different times differ. */
export function runFingerprint(manifest: Manifest, run: number): string {
  const { firstShard, inputs, options, startedAt } = manifest.runs[run] ?? {};
  const identity = JSON.stringify([firstShard, inputs, options, startedAt]);
  return createHash('sha256').update(identity).digest('hex');
}

type Reach = Pick<ManifestRun, 'insecureTls' | 'proxy' | 'requestHeaders' | 'denyLists'>;

/**
 * What the manifest must record of a start whichever start of the run used it. `denyLists`: the files of `--deny-list`.
 */
export function reachOf(
  { insecureTls, proxy, requestHeader }: Options,
  denyLists: readonly ManifestInput[] = [],
): Reach {
  return {
    insecureTls,
    ...(proxy === null ? {} : { proxy: new URL(proxy).origin }),
    ...(requestHeader.length === 0 ? {} : { requestHeaders: requestHeader.map(headerName) }),
    ...(denyLists.length === 0 ? {} : { denyLists }),
  };
}

/** The run with the reach of one more start recorded, which later starts do not undo. */
export function withReach(run: ManifestRun, reach: Reach): ManifestRun {
  const { insecureTls, proxy, requestHeaders, denyLists = [] } = reach;
  const isNew = ({ fingerprint }: ManifestInput): boolean =>
    denyLists.every((list) => list.fingerprint !== fingerprint);
  const lists = [...(run.denyLists ?? []).filter(isNew), ...denyLists];
  return {
    ...run,
    insecureTls: run.insecureTls || insecureTls,
    ...(proxy === undefined ? {} : { proxy }),
    ...(requestHeaders === undefined ? {} : { requestHeaders }),
    ...(lists.length === 0 ? {} : { denyLists: lists }),
  };
}

/**
 * Refuses to go on without a deny list where an earlier start had one. Another list may take its place: it may have
 * grown meanwhile.
 */
export function refuseLostDenyList(
  run: ManifestRun | undefined,
  { denyList }: Pick<Options, 'denyList'>,
  doing: string,
): void {
  const [list] = run?.denyLists ?? [];
  if (list === undefined || denyList.length > 0) return;
  throw usageError(
    `Cannot ${doing}: it was started with --deny-list '${list.name}'; name that or a newer list`,
  );
}

/** How a run differs from an earlier one, in words; null if it can resume the earlier one. */
export function describeDifference(
  earlier: ManifestRun,
  now: Pick<ManifestRun, 'inputs' | 'options'>,
): string | null {
  if (earlier.inputs.length !== now.inputs.length) {
    return `the index had ${countFiles(earlier.inputs.length)}, now it has ${countFiles(now.inputs.length)}`;
  }
  for (const [position, input] of now.inputs.entries()) {
    const before = earlier.inputs[position];
    if (before?.bytes !== input.bytes) {
      return `'${input.name}' has ${input.bytes} bytes, before it was '${before?.name}' with ${before?.bytes} bytes`;
    }
    if (before.fingerprint !== input.fingerprint) return `the content of '${input.name}' has changed`;
  }
  for (const name of new Set([...Object.keys(earlier.options), ...Object.keys(now.options)])) {
    // An option that is newer than the manifest, or older than this version, was or is not used.
    const [before, after] = [earlier, now].map(({ options }) => JSON.stringify(options[name] ?? null));
    if (before !== after) return `--${name} was ${before}, now it is ${after}`;
  }
  return null;
}

const countFiles = (count: number): string => (count === 1 ? '1 file' : `${count} files`);
