/** Writes NOTICE from the licence fields of all packages that npm installs with this one: `npm run notice`. */
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const at = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

interface Licensed {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

const HEAD = `laion-fetch
Copyright (c) 2026 the laion-fetch authors
MIT License; its text is in LICENSE.

In this package

dist/codec/codec.wasm is compiled from sources of this package by AssemblyScript, parts of whose standard library it
contains: Copyright The AssemblyScript Authors, Apache License 2.0, https://www.apache.org/licenses/LICENSE-2.0.

Installed beside it by npm

The packages below are not part of this package. Each has the text of its licence in node_modules. Names with a platform
are installed on that platform only.

LGPL-3.0-or-later: sharp uses libvips and the libraries that libvips needs (glib, libheif, librsvg, pango and others) as
shared libraries, which are files of their own in node_modules and can be replaced by other builds. The README of each
@img/sharp-libvips package lists them with their licences. Their sources: https://github.com/lovell/sharp-libvips.
The package of DuckDB contains libraries of others, which its sources name: https://github.com/duckdb/duckdb.
`;

/** The text of NOTICE: what this package contains, then each installed package under its licence. */
export function noticeText(): string {
  const packages = installedPackages();
  const licenses = [...new Set(packages.map(({ license }) => license))].sort();
  const groups = licenses.map((each) => {
    const names = packages.filter(({ license }) => license === each);
    return `${each}\n${names.map(({ name, version }) => `  ${name} ${version}\n`).join('')}`;
  });
  return [HEAD, ...groups].join('\n');
}

/** Every package that npm installs with this one on some platform, by name. Throws if one has no licence. */
export function installedPackages(): Licensed[] {
  const { packages } = JSON.parse(readFileSync(at('package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, LockedPackage>>;
  };
  const shipped = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true);
  // The lock file lacks the licence of some platforms' packages, which is that of the package that names them.
  const parents = new Map(
    shipped.flatMap(([, { license, optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).map((name) => [name, license]),
    ),
  );
  const found = shipped.map(([path, { version = '', license }]) => {
    const name = path.split('node_modules/').at(-1) ?? path;
    const stated = license ?? parents.get(name);
    if (stated === undefined) throw new Error(`${name} ${version}: package-lock.json has no licence of it`);
    return { name, version, license: stated };
  });
  return found.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** The licence that an installed package states itself; null if it is not installed here. */
export function statedLicense(name: string): string | null {
  const path = at(`node_modules/${name}/package.json`);
  if (!existsSync(path)) return null;
  return (JSON.parse(readFileSync(path, 'utf8')) as { readonly license?: string }).license ?? null;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(at('NOTICE'), noticeText());
