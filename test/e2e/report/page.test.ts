import { expect, test } from 'vitest';
import { failure, row, success } from '../../output/samples.ts';
import { runCli } from '../../support/command/cli.ts';
import { expectTruePage } from './expect-true-page.ts';
import { IMAGES, makeDataset, webRows } from './made-dataset.ts';
import { hasBrowser } from './open-page.ts';

test.skipIf(!hasBrowser())(
  'the page of 10,000 rows asks for nothing, and its figures are those of the statistics',
  async () => {
    const throughput = {
      format: 1,
      starts: ['download', 'retry'].map((command, at) => ({
        command,
        startedAt: Date.UTC(2026, 10, 28 + at),
        version: '1.2.3',
        intervalMs: 1000,
        ms: 99_500,
        rows: Array.from({ length: 100 }, (_, second) => 30 + (second % 7)),
        images: Array.from({ length: 100 }, () => 21),
        bytes: Array.from({ length: 100 }, () => 1_000_000),
      })),
    };
    const output = await makeDataset({ rows: webRows(10_000), rowsPerShard: 2_500, throughput });
    expect(await runCli(['report', output])).toMatchObject({ code: 0, stderr: '' });
    const page = await expectTruePage(output);
    expect(page.images).toBe(36);
    // Every image of this dataset has all values.
    expect(
      Object.values(page.tables).filter((rows) => rows.some(([label]) => label === 'not known')),
    ).toEqual([]);
    expect(page.text).toContain(`laion-fetch retry ${output}`);
    expect(page.text).toContain('Running time of 2 starts');
    expect(page.tables['Images per second']?.length).toBeGreaterThan(20);
  },
);

const HOSTILE = [
  '</title></style></script><script>alert(1)</script>',
  "\"><img src=x onerror=alert(2)> ' onload='alert(3)",
  '<svg onload=alert(4)>&lt;b&gt;&amp;&#x3c;i&#62; {{7*7}} `1`',
];

test.skipIf(!hasBrowser())(
  'hostile captions, URLs, column names and settings stay text',
  { timeout: 120_000 },
  async () => {
    const [one = '', two = '', three = ''] = HOSTILE;
    const url = `https://evil.example/${three}"'><script>alert(5)</script>`;
    const rows = [
      ...HOSTILE.map((caption, at) => ({
        row: row({ url: `${url}${at}`, caption }),
        result: success({ bytes: IMAGES[at] ?? Buffer.alloc(0) }, { mimeType: two }),
      })),
      { row: row({ url: `https://${one}.example/` }), result: failure('http_404') },
      {
        row: row({ url, caption: `\u202e${one}\u0000` }),
        result: success({ bytes: IMAGES[0] ?? Buffer.alloc(0) }),
      },
    ];
    const output = await makeDataset({
      rows,
      rowsPerShard: 10,
      shape: { columns: [{ name: `x${two}`, type: { kind: 'float', bits: 64 } }] },
      run: {
        inputs: [{ name: one, bytes: 1, fingerprint: null }],
        options: { where: three, 'url-col': two },
        versions: { [two]: one },
        startedAt: two,
        proxy: three,
        finished: null,
      },
      throughput: { format: 1, starts: [{ command: one }] },
    });
    expect(await runCli(['report', output])).toMatchObject({ code: 0, stderr: '' });
    const page = await expectTruePage(output);
    expect(page.images).toBe(4);
    for (const caption of HOSTILE) expect(page.text).toContain(caption);
    expect(page.text).toContain(`\\u{202e}${one}\\u{0}`);
    expect(page.text).toContain(`x${two}`);
    expect(page.text).toContain(`"${three}"`);
  },
);
