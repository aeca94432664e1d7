/**
 * Measures the time and the peak memory of `plan` over ten million rows shaped like LAION's, for row groups of several
 * sizes:
 *
 *   npm run bench:plan -- [--rows 10000000] [--groups 100000,1000000]
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { CLI } from '../test/support/command/cli.ts';
import { describeMachine } from './machine.ts';

const SAMPLE_EVERY_MS = 50;

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '10000000' },
    groups: { type: 'string', default: '100000,1000000' },
  },
});

async function main(rows: number, groups: readonly number[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-bench-'));
  try {
    console.log(`${describeMachine()}, ${rows.toLocaleString('en')} rows\n`);
    console.log('| rows of a group | options | seconds | peak MB | hosts |\n|--:|---|--:|--:|--:|');
    for (const group of groups) {
      const path = join(folder, `${group}.parquet`);
      await writeIndex(path, rows, group);
      const name = group.toLocaleString('en');
      for (const args of [[], ['--where', 'similarity > 0.48 AND punsafe < 0.15'], ['--sample', '0.1']]) {
        const { seconds, peakMb, hosts } = await runPlan([path, ...args]);
        const options = args.length === 0 ? '' : `\`${args.join(' ')}\``;
        console.log(`| ${name} | ${options} | ${seconds.toFixed(1)} | ${peakMb.toFixed(0)} | ${hosts} |`);
      }
      await rm(path);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** One row in 25 has a host of its own class of many, 1 % of the URLs need a parser, and 1 % are duplicates. */
async function writeIndex(path: string, rows: number, group: number): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  await connection.run(`COPY (
    SELECT i AS "SAMPLE_ID",
      CASE WHEN h % 10 < 6 THEN 'https://' ELSE 'http://' END
        || CASE WHEN h % 100 < 40 THEN 'cdn' || (h % 40) || '.shop.example' WHEN h % 25 > 0 THEN 'www.site' || (h % 20011)
          || '.example' ELSE 'media' || (h % 600011) || '.blog-host.example' END
        || '/wp-content/uploads/2016/0' || (h % 9 + 1) || CASE WHEN h % 97 = 0 THEN '/Café ' WHEN h % 20 = 0
          THEN '/Caf%C3%A9-' ELSE '/IMG_' END || h || '-1024x768.jpg'
        || CASE WHEN h % 5 = 0 THEN '?w=1024&h=768&fit=crop' ELSE '' END AS "URL",
      'A photograph of number ' || i || ', seen from the hill above the old town' AS "TEXT",
      (h % 2000)::INTEGER + 100 AS "WIDTH", (h % 1500)::INTEGER + 100 AS "HEIGHT",
      (h % 100000) / 200000 AS similarity, (h % 1000) / 1000 AS punsafe, '?' AS "LICENSE",
      CASE WHEN h % 50 = 0 THEN 'UNSURE' ELSE 'UNLIKELY' END AS "NSFW"
    FROM (SELECT i, hash(i - i % 100 // 99) AS h FROM range(${rows}) t(i))
  ) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE ${group})`);
  connection.closeSync();
  instance.closeSync();
}

async function runPlan(
  args: readonly string[],
): Promise<{ readonly seconds: number; readonly peakMb: number; readonly hosts: string }> {
  const startedAt = performance.now();
  const run = spawn(process.execPath, [CLI, 'plan', ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  run.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  let peakMb = 0;
  const sampler = setInterval(async () => {
    peakMb = Math.max(peakMb, await peakMbOf(run.pid ?? 0));
  }, SAMPLE_EVERY_MS);
  const code = await new Promise((resolve) => run.once('close', resolve));
  clearInterval(sampler);
  if (code !== 0) throw new Error(`plan ended with exit code ${code}`);
  const seconds = (performance.now() - startedAt) / 1000;
  return { seconds, peakMb, hosts: JSON.parse(text).hosts.count.toLocaleString('en') };
}

/** The most memory that a process has had, from Linux's /proc; 0 after it has ended. */
async function peakMbOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
}

await main(Number(values.rows), values.groups.split(',').map(Number));
