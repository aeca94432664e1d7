import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import sharp from 'sharp';

/** A dataset as its readers see it. URLs begin with `BASE` instead of the web's address. */
export interface Observation {
  /** Names in the output folder. */
  readonly files: readonly string[];
  /** Names of the samples' files, in tars or folders; in the format parquet, of their images. */
  readonly members: readonly string[];
  /** Columns of the metadata as `name TYPE`, the types as DuckDB names them. */
  readonly columns: readonly string[];
  /** Rows of the metadata, by key; images are null. */
  readonly rows: readonly (readonly unknown[])[];
  /** Outcome of each path: `256x171 of 640x427`, `failed_to_resize: image too small`. */
  readonly outcomes: Readonly<Record<string, string>>;
  /** The same with the kind of the image: `256x171 of 640x427, .jpg of jpeg srgb uchar 4:2:0`. */
  readonly images: Readonly<Record<string, string>>;
  /** JSON and captions, exact, by the names of their files. */
  readonly texts: Readonly<Record<string, string>>;
  /** Fields of the first shard's statistics. Times are recorded only as numbers, messages without their order. */
  readonly stats: readonly (readonly [field: string, value: unknown])[];
}

interface Sample {
  readonly [column: string]: unknown;
}

/** Reads a dataset with DuckDB, GNU tar and sharp. */
export async function observe(output: string, base: string): Promise<Observation> {
  const normalise = (text: string) => text.replaceAll(base, 'BASE');
  const files = readdirSync(output)
    .filter((name) => !name.startsWith('.'))
    .sort();
  const table = files.some((name) => name.endsWith('.parquet'))
    ? await readTable(join(output, '*.parquet'))
    : { names: [], types: [], rows: [], images: [] };
  const members = new Map([...(await readMembers(output, files)), ...table.images]);
  const texts = [...members].filter(([name]) => isText(name));
  const rows: (readonly unknown[])[] = JSON.parse(normalise(JSON.stringify(table.rows)));

  const outcomes: Record<string, string> = {};
  const images: Record<string, string> = {};
  for (const row of rows) {
    const sample: Sample = Object.fromEntries(table.names.map((name, index) => [name, row[index]]));
    const path = String(sample['url']).replace('BASE/', '');
    const [name, bytes] =
      [...members].find(([name]) => name.startsWith(`${sample['key']}.`) && !isText(name)) ?? [];
    const image = bytes === undefined ? null : await describe(bytes);
    outcomes[path] = outcome(sample, image?.size ?? null);
    images[path] = outcomes[path] + (image === null ? '' : `, ${extname(name ?? '')} of ${image.kind}`);
  }
  return {
    files,
    members: [...members.keys()],
    columns: table.names.map((name, index) => `${name} ${table.types[index]}`),
    rows,
    outcomes,
    images,
    texts: Object.fromEntries(texts.map(([name, bytes]) => [name, normalise(bytes.toString('utf8'))])),
    stats: readFirstStats(output, files),
  };
}

const isText = (name: string): boolean => ['.json', '.txt'].includes(extname(name));

/** The files of all samples by name, out of tars or folders. */
async function readMembers(output: string, files: readonly string[]): Promise<Map<string, Buffer>> {
  const scratch = await mkdtemp(join(tmpdir(), 'laion-fetch-members-'));
  try {
    for (const name of files.filter((name) => name.endsWith('.tar'))) {
      execFileSync('tar', ['xf', join(output, name), '-C', scratch]);
    }
    const folders = [
      scratch,
      ...files.filter((name) => extname(name) === '').map((name) => join(output, name)),
    ];
    const paths = folders.flatMap((folder) =>
      readdirSync(folder).map((name) => [name, join(folder, name)] as const),
    );
    return new Map(
      paths.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, path]) => [name, readFileSync(path)]),
    );
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function outcome(sample: Sample, decodedSize: string | null): string {
  const { status, error_message, width, height, original_width, original_height } = sample;
  if (status !== 'success') return `${status}: ${error_message}`;
  if (width === null && original_width === null) return 'not measured';
  const size = `${width}x${height}`;
  const really = size === decodedSize ? '' : `, really ${decodedSize}`;
  return `${size} of ${original_width}x${original_height}${really}`;
}

async function describe(bytes: Buffer): Promise<{ readonly kind: string; readonly size: string | null }> {
  try {
    const { format, width, height, space, depth, chromaSubsampling, isProgressive, exif, icc } =
      await sharp(bytes).metadata();
    const traits = [chromaSubsampling, isProgressive && 'progressive', exif && 'exif', icc && 'icc'];
    return { kind: [format, space, depth, ...traits.filter(Boolean)].join(' '), size: `${width}x${height}` };
  } catch {
    return { kind: `${bytes.length} bytes`, size: null };
  }
}

async function readTable(pattern: string) {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  const table = `read_parquet('${pattern}')`;
  try {
    const schema = await connection.runAndReadAll(`SELECT * FROM ${table} LIMIT 0`);
    const image = schema.columnNames().find((name) => /^(jpg|png|webp)$/.test(name));
    const columns = image === undefined ? '*' : `* REPLACE (NULL::BLOB AS ${image})`;
    const reader = await connection.runAndReadAll(`SELECT ${columns} FROM ${table} ORDER BY key`);
    return {
      names: reader.columnNames(),
      types: reader.columnTypes().map(String),
      rows: reader.getRowsJson(),
      images: image === undefined ? [] : await readImages(connection, table, image),
    };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** The images in a column, by the names that they would have as files. */
async function readImages(connection: DuckDBConnection, table: string, column: string) {
  const reader = await connection.runAndReadAll(
    `SELECT key, to_base64(${column}) FROM ${table} WHERE ${column} IS NOT NULL ORDER BY key`,
  );
  return reader
    .getRowsJson()
    .map(([key, text]) => [`${key}.${column}`, Buffer.from(String(text), 'base64')] as const);
}

function readFirstStats(output: string, files: readonly string[]): Observation['stats'] {
  const name = files.find((name) => name.endsWith('_stats.json'));
  if (name === undefined) return [];
  const stats: Record<string, unknown> = JSON.parse(readFileSync(join(output, name), 'utf8'));
  const times = ['duration', 'start_time', 'end_time'];
  return Object.entries(stats).map(([field, value]) => {
    if (times.includes(field)) return [field, typeof value];
    return [field, field === 'status_dict' ? Object.fromEntries(Object.entries(value ?? {}).sort()) : value];
  });
}
