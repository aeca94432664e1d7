import { type Options, withDatasetSettings } from '../../config/resolve.ts';
import { type Column, STRING } from '../../core/columns.ts';
import { editedAttribution, writeAttributionFacts } from '../../output/loader-files/attribution-facts.ts';
import { ParquetFile } from '../../output/metadata/parquet-file.ts';
import { rightsRecord } from '../../output/metadata/rights-record.ts';
import { openStoredShard, type StoredShard } from '../../output/read/stored-shard.ts';
import { openStore } from '../../output/store/open-store.ts';
import type { Store } from '../../output/store/store.ts';
import { shardName } from '../../shards/names.ts';
import { AttributionText } from '../attribution/attribution-text.ts';
import { type Credit, combineCredits } from '../attribution/credit.ts';
import { imageCredit } from '../attribution/image-credit.ts';
import { indexCreditReader, namesCredits } from '../attribution/index-credit.ts';
import { type Manifest, readManifest } from '../dataset/manifest.ts';
import { reservedNames } from '../index/reserved-names.ts';
import { finishedShards } from '../retry/count-failures.ts';
import { type RightsCount, RightsCounter, type RightsFigures, type RightsRow } from './rights-counter.ts';

const ATTRIBUTION_FILES = ['ATTRIBUTION.parquet', 'ATTRIBUTION.md'] as const;

const COLUMNS: readonly Column[] = [
  ...['key', 'url', 'creator', 'creator_source', 'licence', 'licence_source', 'title', 'page'],
  ...['index_creator', 'index_licence', 'image_creator', 'image_copyright', 'image_credit'],
  ...['image_usage_terms', 'image_licence_url', 'image_web_statement', 'image_digital_source'],
].map((name) => ({ name, type: STRING }));

/**
 * Writes the files again that `attribution` wrote, so that they do not list what was taken out; `onNotice` hears of those
 * that somebody has edited. The caller holds the lock.
 */
export async function refreshAttribution(
  output: string,
  options: Options,
  onNotice: (message: string) => void,
): Promise<void> {
  const edited = await editedAttribution(openStore(output));
  const manifest = await readManifest(output);
  if (edited === null || manifest === null) return;
  if (edited.length === 0) await writeAttribution(output, manifest, options);
  else
    onNotice(
      `'${edited.join("', '")}' may list what was taken out, but was edited, so it was left as it is; laion-fetch attribution writes it again`,
    );
}

/** Writes who made the images of a dataset; nothing if nobody is named anywhere and no earlier files have to be replaced. */
export async function writeAttribution(
  output: string,
  manifest: Manifest,
  options: Options,
): Promise<RightsFigures & { readonly isSaid: boolean }> {
  const store = openStore(output);
  const { figures, files, isSaid } = await writeFiles(store, output, manifest, options);
  if (files === null) return { ...figures, isSaid };
  await writeAttributionFacts(store, {
    ...{ images: figures.images, licensed: figures.licensed, credited: figures.credited },
    licences: countsOf(figures.licences),
    creators: countsOf(figures.creators),
    mechanisms: countsOf(figures.mechanisms),
    hosts: countsOf(figures.hosts),
    files,
  });
  return { ...figures, isSaid };
}

async function writeFiles(
  store: Store,
  output: string,
  { runs }: Manifest,
  given: Options,
): Promise<{ figures: RightsFigures; files: Record<string, string> | null; isSaid: boolean }> {
  const transaction = await store.begin('new', 0);
  try {
    const [table, page] = ATTRIBUTION_FILES;
    const parquet = new ParquetFile(await transaction.createFile(table), COLUMNS);
    const [text, counter] = [new AttributionText(), new RightsCounter()];
    let isSaid = false;
    for (const [position, run] of runs.entries()) {
      const options = withDatasetSettings(given, run.options);
      for (const id of await finishedShards(output, run, runs[position + 1], options)) {
        const name = shardName(id, { shardDigits: options.oomShardCount });
        const shard = await openStoredShard(store, name, reservedNames(options));
        isSaid ||= namesCredits(shard.carried);
        for await (const row of creditedRows(shard)) {
          counter.add(row);
          if (row.code !== null) continue;
          text.add(row.credit, row.url);
          await parquet.add(valuesOf(row.key, row.url, row.credit));
        }
      }
    }
    const figures = counter.figures();
    isSaid ||= figures.licensed > 0 || figures.credited > 0;
    if (!isSaid && (await store.size(table)) === null) {
      await transaction.discard();
      return { figures, files: null, isSaid };
    }
    const { sha256: ofTable } = await parquet.finish();
    const file = await transaction.createFile(page);
    await file.write([Buffer.from(text.text())]);
    const { sha256: ofPage } = await file.finish();
    await transaction.commit(page);
    return { figures, files: { [table]: ofTable, [page]: ofPage }, isSaid };
  } catch (error) {
    await transaction.discard();
    throw error;
  }
}

interface CreditedRow extends RightsRow {
  readonly key: string | null;
  readonly credit: Credit;
}

async function* creditedRows(shard: StoredShard): AsyncGenerator<CreditedRow> {
  const creditOf = indexCreditReader(shard.carried);
  const carriedIn = shard.carried.map(({ name }) => shard.column(name));
  const [codeIn, keyIn, urlIn] = ['failure_code', 'key', 'url'].map((name) => shard.column(name));
  const hasRecord = shard.columns.some(({ name }) => name === 'rights');
  const rightsIn = hasRecord ? shard.column('rights') : null;
  for await (const group of shard.rows()) {
    for (const row of group) {
      const record = rightsRecord(rightsIn?.(row) ?? null);
      const [code = null, key = null] = [codeIn?.(row), keyIn?.(row)];
      yield {
        key: key === null ? null : String(key),
        url: String(urlIn?.(row) ?? ''),
        code: code === null ? null : String(code),
        record,
        credit: combineCredits(creditOf(carriedIn.map((valueIn) => valueIn(row))), imageCredit(record)),
      };
    }
  }
}

const valuesOf = (key: string | null, url: string, credit: Credit): (string | null)[] => {
  const { creator, creatorSource, licences, licenceSource, index, image } = credit;
  const licence = licences.length === 0 ? null : licences.join(' OR ');
  return [
    ...[key, url, creator, creatorSource, licence, licenceSource, index.title, index.page],
    ...[index.creator, index.licenceText, image.creator, image.copyright, image.credit],
    ...[image.usageTerms, image.licenseUrl, image.webStatement, image.digitalSource],
  ];
};

const countsOf = (counts: readonly RightsCount[]) => counts.map(({ name, rows }) => [name, rows] as const);
