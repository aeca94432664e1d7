import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { PHOTOS } from '../../support/box/photos.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';

const PYTHON = process.env['LAION_FETCH_PYTHON'] ?? 'python3';

function python(code: string, ...args: readonly string[]): string {
  return execFileSync(PYTHON, ['-c', code, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

function has(module: string): boolean {
  try {
    python(`import ${module}`);
    return true;
  } catch {
    return false;
  }
}

const missing = ['webdataset', 'pyarrow', 'datasets', 'PIL'].filter((module) => !has(module));

describe.skipIf(missing.length > 0)("Python's readers", () => {
  test('webdataset, datasets and pyarrow read what a run wrote', async () => {
    const { box, folder, output, reach, writeIndex } = await useWeb({
      hosts: {
        '*': {
          paths: {
            '*': ({ path }) => ({ body: PHOTOS[Number(path.slice(1)) % PHOTOS.length] ?? { text: '' } }),
          },
        },
      },
    });
    const rows = Array.from(
      { length: 24 },
      (_, i) => [box.url('a.example', `/${i}`), `Bild ${i} 🖼`] as const,
    );
    const flags = ['--number-sample-per-shard', '10', '--image-size', '96'];
    expect((await runCli([await writeIndex(rows), '--output', output, ...flags, ...reach])).code).toBe(0);

    const webdataset = python(
      `import sys, webdataset as wds
for sample in wds.WebDataset(sys.argv[1], shardshuffle=False).decode("pil"):
    print(sample["__key__"], max(sample["jpg"].size), sample["txt"], sample["json"]["status"])`,
      join(output, '{00000..00002}.tar'),
    );
    const key = (i: number) => `000000000${Math.floor(i / 10)}${i % 10}`.slice(-6);
    expect(webdataset.trim().split('\n')).toEqual(rows.map(([, text], i) => `${key(i)} 96 ${text} success`));

    const datasets = python(
      `import sys
from datasets import load_dataset
data = load_dataset("webdataset", data_files=sys.argv[1] + "/*.tar", cache_dir=sys.argv[2], split="train")
print(len(data), data.features["jpg"], data[23]["txt"])`,
      output,
      join(folder, 'cache'),
    );
    expect(datasets).toMatch(/^24 Image\(.*\) Bild 23 🖼\n$/);

    const pyarrow = python(
      `import sys, pyarrow.parquet as pq
table = pq.read_table(sys.argv[1])
print(table.schema.field("fetched_at").type, table.column("width").type, table.column("caption").to_pylist()[3])`,
      join(output, '00000.parquet'),
    );
    expect(pyarrow.trim()).toBe('timestamp[ms, tz=UTC] int32 Bild 3 🖼');
  });
});

beforeAll(() => {
  if (missing.length > 0) console.warn(`Skipped: ${PYTHON} lacks ${missing.join(', ')}; see CONTRIBUTING.md`);
});
