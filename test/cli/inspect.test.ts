import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CLI, runCli } from '../support/command/cli.ts';
import { useTempFolder } from '../support/temp-folder.ts';

const CSV =
  'URL,TEXT,similarity\nhttp://a.example/1.jpg,"one\u001b[31m, 猫",0.5\nhttp://a.example/2.jpg,,0.25\n';

async function useCsv(text: string): Promise<string> {
  const path = join(await useTempFolder(), 'index.csv');
  await writeFile(path, text);
  return path;
}

describe('laion-fetch inspect', () => {
  it('shows size, columns and first rows, in text that is safe for the terminal', async () => {
    const path = await useCsv(CSV);
    const { code, stdout, stderr } = await runCli(['inspect', path, '--number_sample_per_shard', '1']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n').slice(1)).toEqual([
      `csv, ${Buffer.byteLength(CSV)}B, 2 rows, 2 shards`,
      '',
      'column      type    read as',
      'URL         string  URL',
      'TEXT        string  caption',
      'similarity  string  carried',
      '',
      'URL                     TEXT               similarity',
      'http://a.example/1.jpg  one\\u{1b}[31m, 猫  0.5',
      'http://a.example/2.jpg                     0.25',
      '',
    ]);
  });

  it('prints one JSON document with --json', async () => {
    const path = await useCsv(CSV);
    const { stdout } = await runCli(['inspect', path, path, '--json', '--columns', 'none']);
    const inspected = JSON.parse(stdout);
    expect(inspected).toMatchObject({ rows: 4, shards: 2 });
    expect(inspected.files).toHaveLength(2);
    expect(inspected.files[0]).toEqual({
      name: path,
      format: 'csv',
      compression: 'none',
      bytes: Buffer.byteLength(CSV),
      rows: 2,
      shards: 1,
      columns: [
        { name: 'URL', type: 'string', role: 'url' },
        { name: 'TEXT', type: 'string', role: 'caption' },
        { name: 'similarity', type: 'string', role: null },
      ],
      problem: null,
      first_rows: [
        { values: ['http://a.example/1.jpg', 'one\u001b[31m, 猫', '0.5'] },
        { values: ['http://a.example/2.jpg', expect.toBeOneOf([null, '']), '0.25'] },
      ],
    });
  });

  it('shows an index whose columns a download could not detect, and says so', async () => {
    const path = await useCsv('address,words\nhttp://a.example/1.jpg,one\n');
    const { code, stdout } = await runCli(['inspect', path]);
    expect(code).toBe(0);
    expect(stdout).toContain('1 row, 1 shard');
    expect(stdout).toMatch(/Cannot find the URLs .* --url-col/);
    expect(stdout).toContain('address  string');
  });

  it('shows the first five rows and counts all', async () => {
    const rows = Array.from({ length: 12_345 }, (_, row) => `http://a.example/${row}.jpg,x`);
    const { stdout } = await runCli(['inspect', await useCsv(`url,caption\n${rows.join('\n')}\n`), '--json']);
    const [file] = JSON.parse(stdout).files;
    expect([file.rows, file.shards, file.first_rows.length]).toEqual([12_345, 2, 5]);
  });

  it('reads standard input', async () => {
    const { stdout } = await runCli(['inspect', '-', '--input-format', 'csv', '--json'], { stdin: CSV });
    expect(JSON.parse(stdout)).toMatchObject({ rows: 2, files: [{ name: '-', bytes: null }] });
  });

  it('ends quietly if nothing reads its output', async () => {
    const child = spawn(process.execPath, [CLI, 'inspect', await useCsv(CSV)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
    const [code] = await once(child, 'close');
    expect([code, complaint]).toEqual([0, '']);
  });
});
