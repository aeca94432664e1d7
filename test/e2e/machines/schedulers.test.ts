import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { runCli } from '../../support/command/cli.ts';
import { startNode } from '../../support/command/start-node.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const LINE = ['laion/*.parquet', '--output', 's3://bucket/out', '--where', "a > 'b c'", '--no-auto-orient'];

describe('laion-fetch slurm', () => {
  /** Runs the printed script with a laion-fetch and an scontrol that write down their arguments. */
  async function runScript(exitCode: number, env: Record<string, string>): Promise<unknown> {
    const { stdout } = await runCli(['slurm', ...LINE, '--machines', '20']);
    const folder = await useTempFolder();
    await mkdir(join(folder, 'bin'));
    const tool = (name: string, code: number): Promise<void> =>
      writeFile(join(folder, 'bin', name), `#!/bin/sh\nprintf '%s|' ${name} "$@"; echo; exit ${code}\n`, {
        mode: 0o755,
      });
    await tool('laion-fetch', exitCode);
    await tool('scontrol', 0);
    await writeFile(join(folder, 'job.sh'), stdout);
    const path = { PATH: `${join(folder, 'bin')}:${process.env['PATH']}` };
    const run = await startNode([join(folder, 'job.sh')], { command: 'bash', env: { ...path, ...env } })
      .result;
    return { code: run.code, lines: run.stdout.trim().split('\n') };
  }

  test('prints a script that runs the same words with the part of its task', async () => {
    const words = `${LINE.join('|')}|--part|7/20|`;
    expect(await runScript(0, { SLURM_ARRAY_TASK_ID: '7' })).toEqual({
      code: 0,
      lines: [`laion-fetch|${words}`],
    });
  });

  test.each([
    [4, '0', true],
    [143, '4', true],
    [143, '5', false],
    [2, '0', false],
  ])('after exit code %i and %s restarts it starts the task again: %s', async (code, restarts, again) => {
    const env = { SLURM_ARRAY_TASK_ID: '7', SLURM_RESTART_COUNT: restarts, SLURM_JOB_ID: '42' };
    const { lines } = (await runScript(code, env)) as { lines: string[] };
    expect(lines.slice(1)).toEqual(again ? ['scontrol|requeue|42|'] : []);
  });

  test('asks for as many tasks as there are parts', async () => {
    const { stdout } = await runCli(['slurm', ...LINE, '--machines', '3']);
    expect(stdout).toContain('#SBATCH --array=0-2\n');
    const few = await runCli(['slurm', ...LINE, '--machines', '3', '--parts-at-once', '2']);
    expect(few.stdout).toContain('#SBATCH --array=0-2%2\n');
  });

  test("keeps img2dataset's defaults for its command lines", async () => {
    const { stdout } = await runCli(['slurm', '--url_list', 'a.parquet', '--output_folder', 'o']);
    expect(stdout).toContain(' a.parquet --output o --preset img2dataset --part ');
  });
});

describe('laion-fetch k8s', () => {
  test('prints an Indexed Job that runs the same words with the part of its index', async () => {
    const odd = ['--parts-at-once', '5', '--base-url', 'https://$(HOME)/'];
    const { stdout } = await runCli(['k8s', ...LINE, '--machines', '20', ...odd]);
    const job = parse(stdout);
    expect(job).toMatchObject({
      apiVersion: 'batch/v1',
      kind: 'Job',
      spec: { completionMode: 'Indexed', completions: 20, parallelism: 5 },
    });
    // The API refuses a condition without its status; npm run k8s-check has the schema.
    expect(job.spec.podFailurePolicy.rules).toMatchObject([
      { action: 'FailIndex', onExitCodes: { values: [2, 3, 5] } },
      { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
    ]);
    const [container] = job.spec.template.spec.containers;
    // A shell that stays would end at SIGTERM, and the pod with it.
    expect(container.command).toEqual([
      ...['sh', '-c', expect.stringMatching(/ && exec \/\S+\/laion-fetch "\$@"$/), 'laion-fetch'],
    ]);
    expect(container.args).toEqual([
      ...LINE,
      ...['--parts-at-once', '5', '--base-url', 'https://$$(HOME)/', '--part', '$(JOB_COMPLETION_INDEX)/20'],
    ]);
  });
});

test.each([
  [['slurm', 'a.parquet', '--output', 'o', '--machines', '0'], '--machines'],
  [['k8s', 'a.parquet'], '--output'],
  [['k8s', '-', '--output', 'o'], 'standard input'],
  [['slurm', 'a.parquet', '--output', 'o', '--part', '1/2'], '--part'],
])('%j is a mistake', async (line, said) => {
  expect(await runCli(line)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(said) });
});
