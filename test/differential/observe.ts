import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import sharp from 'sharp';

type Row = readonly unknown[];

/** What a reader of a dataset sees of it. URLs begin with `BASE` in place of the web's address. */
export interface Observation {
  /** Names in the output folder. */
  readonly files: readonly string[];
  /** Columns of the metadata as `name TYPE`, the types as DuckDB names them. */
  readonly columns: readonly string[];
  /** Rows of the metadata, by key. */
  readonly rows: readonly Row[];
  /** The pictures by the names of their files: `jpeg 256x171 srgb uchar`. */
  readonly pictures: Readonly<Record<string, string>>;
  /** JSON and captions to the letter, by the names of their files. */
  readonly texts: Readonly<Record<string, string>>;
  /** Statistics of the first shard, without times. */
  readonly stats: Readonly<Record<string, unknown>>;
}

/** Reads a dataset with DuckDB, GNU tar and sharp. */
export async function observe(output: string, base: string): Promise<Observation> {
  const normalise = (text: string) => text.replaceAll(base, 'BASE');
  const files = readdirSync(output)
    .filter((name) => !name.startsWith('.'))
    .sort();
  const members = await readMembers(output, files);
  const pictures: Record<string, string> = {};
  const texts: Record<string, string> = {};
  for (const [name, bytes] of members) {
    if (extname(name) === '.json' || extname(name) === '.txt') texts[name] = normalise(bytes.toString('utf8'));
    else pictures[name] = await describePicture(bytes);
  }
  const table = files.some((name) => name.endsWith('.parquet'))
    ? await readTable(join(output, '*.parquet'))
    : { columns: [], rows: [] };
  const rows: Row[] = JSON.parse(normalise(JSON.stringify(table.rows)));
  return { files, columns: table.columns, rows, pictures, texts, stats: readFirstStats(output, files) };
}

/** The files of all samples by name, out of tars or folders. */
async function readMembers(output: string, files: readonly string[]): Promise<Map<string, Buffer>> {
  const members = new Map<string, Buffer>();
  const readFolder = (folder: string) => {
    for (const name of readdirSync(folder)) members.set(name, readFileSync(join(folder, name)));
  };
  const scratch = await mkdtemp(join(tmpdir(), 'laion-fetch-members-'));
  try {
    for (const name of files) {
      if (name.endsWith('.tar')) execFileSync('tar', ['xf', join(output, name), '-C', scratch]);
      else if (extname(name) === '') readFolder(join(output, name));
    }
    readFolder(scratch);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return new Map([...members].sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function describePicture(bytes: Buffer): Promise<string> {
  if (bytes.length === 0) return 'empty';
  try {
    const { format, width, height, space, depth, chromaSubsampling, isProgressive, exif, icc } =
      await sharp(bytes).metadata();
    const traits = [chromaSubsampling, isProgressive && 'progressive', exif && 'exif', icc && 'icc'];
    return [format, `${width}x${height}`, space, depth, ...traits.filter(Boolean)].join(' ');
  } catch {
    return `${bytes.length} bytes`;
  }
}

async function readTable(pattern: string): Promise<Pick<Observation, 'columns' | 'rows'>> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    const reader = await connection.runAndReadAll(`SELECT * FROM read_parquet('${pattern}') ORDER BY key`);
    const columns = reader.columnNames().map((name, index) => `${name} ${reader.columnType(index)}`);
    return { columns, rows: reader.getRowsJson() };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function readFirstStats(output: string, files: readonly string[]): Record<string, unknown> {
  const first = files.find((name) => name.endsWith('_stats.json'));
  if (first === undefined || !existsSync(join(output, first))) return {};
  const stats: Record<string, unknown> = JSON.parse(readFileSync(join(output, first), 'utf8'));
  for (const field of ['duration', 'start_time', 'end_time']) stats[field] = typeof stats[field];
  return stats;
}
