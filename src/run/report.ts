import { datasetSettings, type Options, resolveOptions } from '../config/resolve.ts';
import { usageError } from '../core/errors.ts';
import { type FailureCode, isHealable } from '../core/failures.ts';
import { SLOW_MS } from '../fetch/hosts/answer-times.ts';
import type { HostRecord } from '../fetch/hosts/host-record.ts';
import { openStore } from '../output/store/open-store.ts';
import type { Store } from '../output/store/store.ts';
import { refuseUnadopted } from './dataset/adopt-first.ts';
import { readHostTable } from './dataset/host-table.ts';
import { type Manifest, type ManifestRun, readManifest } from './dataset/manifest.ts';
import { resumeCommand, retryCommand } from './dataset/resume-command.ts';
import { readThroughput, type ThroughputStart } from './dataset/throughput.ts';
import { Tally } from './engine/tally.ts';
import { chooseSamples } from './report/choose-samples.ts';
import { contactSheet, type SheetImage } from './report/contact-sheet.ts';
import { type FinishedShard, findFinishedShards } from './report/finished-shards.ts';
import { type RowFigures, readRows } from './report/read-rows.ts';
import { whyNoRetry } from './retry/why-no-retry.ts';
import { countRights } from './rights/count-rights.ts';
import type { RightsFigures } from './rights/rights-counter.ts';

export interface ReportRequest {
  /** The folder of the dataset. */
  readonly output: string;
  readonly options: Options;
  /** How many images the contact sheet shows. */
  readonly images: number;
  /** Whether their bytes are wanted, too. */
  readonly withThumbnails: boolean;
}

/** What is known about a dataset, as plain data: the finished shards at this moment, also while a run goes on. */
export interface DatasetReport extends Omit<RowFigures, 'problems' | 'chosen'> {
  readonly output: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly shards: number;
  /** Outcomes of all rows of finished shards, by their statistics. */
  readonly tally: Tally;
  /** Versions of laion-fetch that wrote the shards. */
  readonly versions: readonly string[];
  readonly runs: readonly ManifestRun[];
  /** What the options of runs are if nobody sets them. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** The command that goes on with an unfinished run; null if all are finished. */
  readonly resume: string | null;
  readonly retry: RetryOutlook;
  readonly throughput: readonly ThroughputStart[];
  /** Hosts that took longest to answer in the last run, in order. */
  readonly slowHosts: readonly SlowHost[];
  readonly rights: RightsReport;
  readonly seed: number;
  readonly sheet: readonly SheetImage[];
  /** What could not be read. */
  readonly problems: readonly string[];
}

export interface RightsReport {
  /** The policies `--rights` of the runs; empty if that is not known. */
  readonly policies: readonly string[];
  readonly figures: RightsFigures;
  /** Whether `ATTRIBUTION.md` stands beside the shards. */
  readonly hasAttribution: boolean;
}

export interface RetryOutlook {
  /** Failures that a retry may turn into images, most frequent first. */
  readonly failures: readonly (readonly [FailureCode, number])[];
  readonly rows: number;
  readonly command: string;
  /** Why it is not possible; null if it is. */
  readonly refusal: string | null;
}

export interface SlowHost {
  readonly host: string;
  /** Mean time of a request. */
  readonly meanMs: number;
}

const SLOW_HOSTS = 10;

/**
 * Describes a dataset. Reads only finished shards, changes nothing and takes no lock, so that it may run beside a download.
 * Throws a UserError if there is no dataset.
 */
export async function reportDataset(request: ReportRequest): Promise<DatasetReport> {
  const { output, options, images, withThumbnails } = request;
  const store = openStore(output);
  const manifest = await readManifest(output);
  if (manifest === null) await refuseUnadopted(output, 'report on');
  const { shards, unread } = await findFinishedShards(store);
  if (manifest === null && shards.length === 0) {
    const remedy = 'name the folder that was given as --output';
    throw usageError(`Cannot report on '${output}': there is no dataset; ${remedy}`);
  }
  const tally = tallyOf(shards);
  const described = shards.filter(({ name, hasMetadata }) => hasMetadata || !isWithoutRows(manifest, name));
  const { chosen, problems, ...rows } = await readRows(
    store,
    described,
    chooseSamples(described, images, options.seed),
  );
  const more: string[] = [];
  const sheet = withThumbnails
    ? await contactSheet(store, chosen, {
        decoders: options.decoders,
        onProblem: (problem) => more.push(problem),
      })
    : chosen.map(({ shard, ...sample }) => ({ ...sample, shard: shard.name, thumbnail: null }));
  return {
    ...rows,
    output,
    createdAt: Date.now(),
    shards: shards.length,
    tally,
    versions: [...new Set(shards.map(({ version }) => version))],
    runs: manifest?.runs ?? [],
    defaults: datasetSettings(resolveOptions([]).options),
    resume: openRun(output, manifest),
    retry: retryOutlook(output, manifest, tally),
    throughput: await readThroughput(output),
    slowHosts: slowHosts(await readHostTable(output)),
    rights: await rightsReport(store, manifest, described),
    seed: options.seed,
    sheet,
    problems: [...unread, ...problems, ...more],
  };
}

async function rightsReport(
  store: Store,
  manifest: Manifest | null,
  shards: readonly FinishedShard[],
): Promise<RightsReport> {
  const runs = manifest?.runs.filter(({ adopted }) => adopted === undefined) ?? [];
  const names = shards.filter(({ hasMetadata }) => hasMetadata).map(({ name }) => name);
  return {
    policies: [
      ...new Set(runs.flatMap(({ options: { rights } }) => (typeof rights === 'string' ? rights : []))),
    ],
    // What cannot be read is among the problems already.
    figures: await countRights(store, names, () => {}),
    hasAttribution: (await store.size('ATTRIBUTION.md')) !== null,
  };
}

function tallyOf(shards: readonly FinishedShard[]): Tally {
  const tally = new Tally();
  for (const { successes, failures, bytes } of shards) {
    tally.addCounts(successes, failures);
    tally.bytes += bytes;
  }
  return tally;
}

/** Whether the run of a shard wrote nothing but statistics. */
function isWithoutRows(manifest: Manifest | null, shard: string): boolean {
  const run = manifest?.runs.findLast(({ firstShard }) => firstShard <= Number(shard));
  return run?.options['output-format'] === 'none';
}

function openRun(output: string, manifest: Manifest | null): string | null {
  const open = manifest?.runs.findLast(({ finished }) => finished === null);
  return open === undefined ? null : resumeCommand(output, open);
}

function retryOutlook(output: string, manifest: Manifest | null, tally: Tally): RetryOutlook {
  const failures = tally.commonest().filter(([code]) => isHealable(code));
  return {
    failures,
    rows: failures.reduce((sum, [, count]) => sum + count, 0),
    command: retryCommand(output),
    refusal: whyNoRetry(manifest),
  };
}

function slowHosts(records: readonly HostRecord[]): SlowHost[] {
  return records
    .flatMap(({ host, meanMs }) => ((meanMs ?? 0) < SLOW_MS ? [] : [{ host, meanMs: meanMs ?? 0 }]))
    .sort((a, b) => b.meanMs - a.meanMs)
    .slice(0, SLOW_HOSTS);
}
