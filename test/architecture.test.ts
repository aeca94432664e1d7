import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

/** Which rooms of src/ each room may import, besides itself, core and util: the table of src/README.md. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  util: [],
  config: [],
  objects: [],
  broker: [],
  inputs: ['objects'],
  shards: [],
  rights: [],
  fetch: ['rights'],
  codec: [],
  image: ['codec'],
  output: ['shards', 'objects'],
  run: ['config', 'broker', 'objects', 'inputs', 'shards', 'fetch', 'image', 'output'],
  report: ['run'],
  cli: ['config', 'run', 'report'],
  library: ['config', 'run', 'report'],
  // What the package exports.
  'index.ts': ['library'],
};

/** Packages that only one room may know, so that they can be replaced there. */
const ONLY_IN: Readonly<Record<string, string | readonly string[]>> = {
  sharp: 'image',
  '@aws-sdk/client-s3': 'objects',
  '@azure/storage-blob': 'objects',
  '@huggingface/hub': 'objects',
  'google-auth-library': 'objects',
  // Rows are fetched by one, indexes and datasets by the other.
  undici: ['fetch', 'objects'],
  bullmq: 'broker',
  ioredis: 'broker',
  pg: 'broker',
  'tar-stream': 'output',
  hyparquet: 'output',
  'hyparquet-writer': 'output',
  commander: 'cli',
  pino: 'cli',
  'apache-arrow': 'inputs',
  yaml: 'config',
  'smol-toml': 'config',
  'd3-scale': 'report',
  'd3-shape': 'report',
  '@opentelemetry/api': 'report',
  '@opentelemetry/core': 'report',
  '@opentelemetry/exporter-metrics-otlp-http': 'report',
  '@opentelemetry/exporter-prometheus': 'report',
  '@opentelemetry/resources': 'report',
  '@opentelemetry/sdk-metrics': 'report',
};

const MAX_FILES_A_FOLDER = 14;
const MAX_LINES_A_FILE = 300;

interface Import {
  readonly file: string;
  readonly folder: string;
  readonly target: string;
}

const everything = readdirSync(SRC, { recursive: true, encoding: 'utf8', withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(SRC, join(entry.parentPath, entry.name)));
// The kernel is AssemblyScript, a language of its own that only looks like this one.
const files = everything.filter((name) => name.endsWith('.ts') && !name.startsWith('codec/kernel/'));
const imports = files.flatMap((file): Import[] => {
  const text = readFileSync(join(SRC, file), 'utf8');
  const targets = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
  return targets.map((target) => ({ file, folder: file.split('/')[0] ?? '', target }));
});

describe('src/', () => {
  test('was seen: every folder has files, and imports were found', () => {
    expect([...new Set(files.map((file) => file.split('/')[0]))].sort()).toEqual(
      Object.keys(MAY_IMPORT).sort(),
    );
    expect(imports.length).toBeGreaterThan(300);
  });

  test('imports only downwards', () => {
    const wrong = imports.flatMap(({ file, folder, target }) => {
      if (!target.startsWith('.')) return [];
      const to = relative(SRC, resolve(SRC, dirname(file), target)).split('/')[0] ?? '';
      const allowed = folder === 'util' ? ['util'] : [folder, 'core', 'util', ...(MAY_IMPORT[folder] ?? [])];
      return allowed.includes(to) ? [] : [`${file} -> ${target}`];
    });
    expect(wrong).toEqual([]);
  });

  test('has no cycle of imports between folders, and so none between files of two folders', () => {
    expect(cycles(folderImports())).toEqual([]);
  });

  test(`has at most ${MAX_FILES_A_FOLDER} files a folder and ${MAX_LINES_A_FILE} lines a file`, () => {
    const folders = [...new Set(everything.map(dirname))];
    const crowded = folders.filter(
      (folder) => everything.filter((name) => dirname(name) === folder).length > MAX_FILES_A_FOLDER,
    );
    const long = everything.filter((name) => lineCount(name) > MAX_LINES_A_FILE);
    expect({ crowded, long }).toEqual({ crowded: [], long: [] });
  });

  test('knows each heavy package in one folder alone', () => {
    const wrong = imports.filter(
      ({ folder, target }) => ![ONLY_IN[target] ?? folder].flat().includes(folder),
    );
    expect(wrong).toEqual([]);
  });

  test('shows sharp foreign bytes in one file only', () => {
    // The other one encodes noise that it has drawn itself. Types alone may be imported anywhere.
    const own = 'image/render/sample-images.ts';
    const users = files.filter((file) => /^import sharp\b/m.test(readFileSync(join(SRC, file), 'utf8')));
    expect(users.filter((file) => file !== own)).toEqual(['image/render/with-sharp.ts']);
    const others = imports.filter(({ file, target }) => target === 'sharp' && !users.includes(file));
    for (const { file } of others)
      expect(readFileSync(join(SRC, file), 'utf8')).toContain("import type { Sharp } from 'sharp'");
  });

  test('reaches the network only through fetch/', () => {
    const network = ['node:http', 'node:https', 'node:net', 'node:tls', 'node:dgram', 'node:dns'];
    // node:net has the grammar of addresses, which options are checked with.
    const grammar = { file: 'config/options/domain-types.ts', target: 'node:net' };
    // It only answers, at the address of --metrics.
    const server = { file: 'report/metrics/scrape-server.ts', target: 'node:http' };
    const type = { file: server.file, target: 'node:net' };
    // Its sockets are closed even when the server does not answer.
    const queue = { file: 'broker/postgres/patient-pool.ts', target: 'node:net' };
    const allowed = [grammar, server, type, queue];
    const wrong = imports.filter(
      ({ file, folder, target }) =>
        network.includes(target) &&
        folder !== 'fetch' &&
        !allowed.some((each) => each.file === file && each.target === target),
    );
    expect(wrong).toEqual([]);
  });

  test('does not use URL.canParse, which refuses good URLs in Node 20', () => {
    const users = files.filter((file) => /\bURL\.canParse\(/.test(readFileSync(join(SRC, file), 'utf8')));
    expect(users).toEqual([]);
  });

  test('names built-in modules with node:', () => {
    expect(imports.filter(({ target }) => builtinModules.includes(target))).toEqual([]);
  });
});

/** For each folder of src/, sub-folders included, the folders that its own files import. */
function folderImports(): ReadonlyMap<string, ReadonlySet<string>> {
  const graph = new Map<string, Set<string>>();
  for (const { file, target } of imports.filter((each) => each.target.startsWith('.'))) {
    const [from, to] = [dirname(file), dirname(relative(SRC, resolve(SRC, dirname(file), target)))];
    if (from !== to) graph.set(from, (graph.get(from) ?? new Set()).add(to));
  }
  return graph;
}

/** Folders from which their own imports lead back to them. */
function cycles(graph: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  return [...graph.keys()].filter((start) => {
    const seen = new Set<string>();
    const next = [...(graph.get(start) ?? [])];
    for (let folder = next.pop(); folder !== undefined; folder = next.pop()) {
      if (seen.has(folder)) continue;
      seen.add(folder);
      next.push(...(graph.get(folder) ?? []));
    }
    return seen.has(start);
  });
}

function lineCount(name: string): number {
  return readFileSync(join(SRC, name), 'utf8').split('\n').length - 1;
}
