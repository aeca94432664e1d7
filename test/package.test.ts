import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { installedPackages, noticeText, statedLicense } from '../scripts/notice.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(`${ROOT}/${path}`, 'utf8');
const manifest = JSON.parse(read('package.json')) as {
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
  readonly homepage: string;
  readonly engines: { readonly node: string };
};

describe('package.json', () => {
  test('pins every package exactly', () => {
    const versions = Object.values({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(versions.filter((version) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });

  test('depends on nothing without a reason in docs/dependencies.md', () => {
    const reasons = read('docs/dependencies.md');
    const named = Object.keys(manifest.dependencies).filter((name) => reasons.includes(`| \`${name}\` |`));
    expect(named).toEqual(Object.keys(manifest.dependencies));
  });

  test('packs the program and its documents, and no tests', () => {
    const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const paths = (JSON.parse(output) as [{ files: { path: string }[] }])[0].files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining(['bin/laion-fetch.js', 'dist/cli/main.js', 'README.md', 'LICENSE', 'NOTICE']),
    );
    expect(
      paths.filter(
        (path) => !/^(bin|dist)\/|^(package\.json|README\.md|LICENSE|NOTICE|CHANGELOG\.md)$/.test(path),
      ),
    ).toEqual([]);
  });

  test('has a homepage, which is the project of the User-Agent header', () => {
    expect(read('src/run/stages/stage-settings.ts')).toContain(`'${manifest.homepage}'`);
  });

  test("the lock file has every platform's packages, without which npm ci refuses it", () => {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      readonly packages: Record<string, { readonly optionalDependencies?: Record<string, string> }>;
    };
    const locked = new Set(Object.keys(packages).map((path) => path.split('node_modules/').at(-1)));
    const named = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
    expect(named.filter((name) => !locked.has(name))).toEqual([]);
  });

  test('the lock file names no registry', () => {
    expect(read('package-lock.json')).not.toMatch(/"resolved"/);
  });
});

describe('NOTICE', () => {
  test('is current; `npm run notice` writes it', () => {
    expect(read('NOTICE')).toBe(noticeText());
  });

  test('names the licence that each installed package states', () => {
    const stated = installedPackages().map(({ name, license }) => [name, statedLicense(name) ?? license]);
    expect(stated).toEqual(installedPackages().map(({ name, license }) => [name, license]));
  });

  test('names only licences that were looked at', () => {
    const known = /^(MIT|ISC|0BSD|BSD-2-Clause|BSD-3-Clause|Apache-2\.0|LGPL-3\.0-or-later)$/;
    const parts = installedPackages().flatMap(({ license }) => license.split(' AND '));
    expect(parts.filter((license) => !known.test(license))).toEqual([]);
  });
});

test('src/README.md has a line for every folder of src/, and none for a folder that is gone', () => {
  const named = [...read('src/README.md').matchAll(/^\| `([\w/-]+)\/` \|/gm)].map((match) => match[1] ?? '');
  const folders = execFileSync('git', ['ls-files', 'src'], { cwd: ROOT, encoding: 'utf8' })
    .split('\n')
    .filter((path) => path.endsWith('.ts') && path.split('/').length > 2)
    .map((path) => dirname(path).slice('src/'.length));
  expect([...named].sort()).toEqual([...new Set(folders)].sort());
});

test('docs/guarantees.md names only tests that exist', () => {
  const named = [...read('docs/guarantees.md').matchAll(/`(test\/[\w./-]+)`/g)].map(
    (match) => match[1] ?? '',
  );
  expect(named.length).toBeGreaterThan(30);
  expect(named.filter((path) => !existsSync(`${ROOT}/${path}`))).toEqual([]);
});

test('README.md has at most 155 lines beside its table of options', () => {
  const prose = read('README.md').replace(/<!-- options -->.*<!-- \/options -->/s, '');
  expect(prose.trimEnd().split('\n').length).toBeLessThanOrEqual(155);
});
