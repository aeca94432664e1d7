import { mkdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { datasetSettings, resolveOptions } from '../../../src/config/resolve.ts';
import type { FailureCode } from '../../../src/core/failures.ts';
import type { DatasetShape } from '../../../src/output/metadata/dataset-shape.ts';
import type { SettledSample } from '../../../src/output/spool/spool.ts';
import { failure, row, SHAPE, success, temporaryFolder, writeSamples } from '../../output/samples.ts';

const photo = (name: string): Buffer =>
  readFileSync(new URL(`../../../fixtures/images/${name}`, import.meta.url));

/** Images that decode; the first is small, for many samples. */
export const IMAGES = ['tiny.jpg', 'landscape.jpg', 'portrait.jpg', 'gray.jpg'].map(photo);

export interface MadeDataset {
  readonly rows: readonly SettledSample[];
  readonly shape?: Partial<DatasetShape>;
  readonly rowsPerShard: number;
  /** Fields of the only run in the manifest; null for no manifest. */
  readonly run?: Readonly<Record<string, unknown>> | null;
  /** Content of `throughput.json`; absent for none. */
  readonly throughput?: unknown;
}

/** Writes a dataset with the writer that a run uses, without a run. */
export async function makeDataset({
  rows,
  rowsPerShard,
  run = {},
  throughput,
  ...made
}: MadeDataset): Promise<string> {
  const { folder, scratch } = await temporaryFolder();
  const numbering = { samplesPerShard: rowsPerShard, shardDigits: 5 };
  const shape = { ...SHAPE, numbering, ...made.shape };
  for (let id = 0; id * rowsPerShard < rows.length; id += 1) {
    const samples = rows.slice(id * rowsPerShard, (id + 1) * rowsPerShard);
    await writeSamples({ folder, scratch, samples, shape, id });
  }
  const state = join(folder, '.laion-fetch');
  mkdirSync(state, { recursive: true });
  if (run !== null) {
    const settings = datasetSettings(resolveOptions([]).options);
    const { options = {}, ...fields } = run;
    const manifestRun = {
      firstShard: 0,
      inputs: [{ name: 'index.parquet', bytes: 1234, fingerprint: null }],
      options: {
        ...settings,
        'number-sample-per-shard': rowsPerShard,
        'output-format': shape.format,
        ...(options as object),
      },
      versions: { 'laion-fetch': '1.2.3', node: '20.18.0' },
      insecureTls: false,
      startedAt: '2026-11-29T12:00:00.000Z',
      finished: { at: '2026-11-29T13:00:00.000Z', fileRows: [rows.length] },
      ...fields,
    };
    await writeFile(join(state, 'manifest.json'), JSON.stringify({ format: 1, runs: [manifestRun] }));
  }
  if (throughput !== undefined) await writeFile(join(state, 'throughput.json'), JSON.stringify(throughput));
  return folder;
}

const CODES: readonly FailureCode[] = [
  'http_404',
  'http_404',
  'http_403',
  'dns_not_found',
  'timeout',
  'host_dead',
  'http_429',
  'image_unknown',
  'optout_x_robots',
  'connect_refused',
  'url_invalid',
];

/** Rows as an index of the web gives them: 30 % fail, and a few of 400 hosts have most rows. */
export function webRows(count: number): SettledSample[] {
  let state = 1;
  const random = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 2 ** 31;
  };
  return Array.from({ length: count }, (_, at): SettledSample => {
    const url = `https://host${Math.floor(400 * random() ** 3)}.example/${at}.jpg`;
    const caption = random() < 0.05 ? null : 'a word '.repeat(1 + Math.floor(40 * random() ** 2)).trim();
    const code = CODES[Math.floor(random() * CODES.length)] ?? 'timeout';
    if (random() < 0.3) return { row: row({ url, caption }), result: failure(code) };
    const [originalWidth, originalHeight] = [100, 100].map(
      (least) => least + Math.floor(4000 * random() ** 4),
    );
    const mimeType = random() < 0.9 ? 'image/jpeg' : 'image/webp';
    const image = {
      bytes: IMAGES[at % 97 === 0 ? 1 : 0] ?? Buffer.alloc(0),
      width: 9,
      height: 7,
    };
    return {
      row: row({ url, caption }),
      result: success(
        { ...image, originalWidth: originalWidth ?? 100, originalHeight: originalHeight ?? 100 },
        { bytes: 500 + Math.floor(200_000 * random() ** 3), mimeType },
      ),
    };
  });
}

/** Three images and a failure that a retry may heal. */
export function smallRows(): SettledSample[] {
  return IMAGES.map((bytes, at) => ({
    row: row({ url: `https://a.example/${at}.jpg`, caption: `picture ${at}` }),
    result: at === 1 ? failure('http_503') : success({ bytes }),
  }));
}
