import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

/** Which folders of src/ each folder may import, besides itself, core and util: the table of src/README.md. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  util: [],
  // The names of the registries alone: input formats, output formats, resize modes.
  config: ['inputs'],
  inputs: [],
  shards: [],
  fetch: [],
  image: [],
  output: ['shards'],
  run: ['config', 'inputs', 'shards', 'fetch', 'image', 'output'],
  report: ['run'],
  cli: ['config', 'run', 'report'],
};

/** Packages that only one folder may know, so that they can be replaced there. */
const ONLY_IN: Readonly<Record<string, string>> = {
  sharp: 'image',
  undici: 'fetch',
  'tar-stream': 'output',
  hyparquet: 'output',
  'hyparquet-writer': 'output',
  commander: 'cli',
  pino: 'cli',
  'apache-arrow': 'inputs',
};

interface Import {
  readonly file: string;
  readonly folder: string;
  readonly target: string;
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
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

  test('knows each heavy package in one folder alone', () => {
    const wrong = imports.filter(({ folder, target }) => (ONLY_IN[target] ?? folder) !== folder);
    expect(wrong).toEqual([]);
  });

  test('reaches the network only through fetch/', () => {
    const network = ['node:http', 'node:https', 'node:net', 'node:tls', 'node:dgram', 'node:dns'];
    // node:net has the grammar of addresses, which options are checked with.
    const grammar = { file: 'config/special-kinds.ts', target: 'node:net' };
    const wrong = imports.filter(
      ({ file, folder, target }) =>
        network.includes(target) &&
        folder !== 'fetch' &&
        !(file === grammar.file && target === grammar.target),
    );
    expect(wrong).toEqual([]);
  });

  test('names built-in modules with node:', () => {
    expect(imports.filter(({ target }) => builtinModules.includes(target))).toEqual([]);
  });
});
