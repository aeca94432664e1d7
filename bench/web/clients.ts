import {
  type ClientJob,
  type ClientResult,
  planLaionFetch,
  reachAsNode,
  reachAsPython,
  runImg2dataset,
  runLaionFetch,
} from '../clients.ts';
import type { Web } from './server/start-web.ts';

export interface ClientOptions {
  readonly web: Web;
  readonly output: string;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/** Small enough that both processes of img2dataset have work, and that a stopped run shows what it did. */
const shardRows = (rows: number): string => String(Math.min(10_000, Math.ceil(rows / 10)));

export function laionFetchOnWeb({ output, ...options }: ClientOptions): Promise<ClientResult> {
  const job = jobOf(options);
  return runLaionFetch({ ...job, args: [...job.args, '--output', output, ...reachAsNode(options.web).args] });
}

/** Seconds that `plan` predicts for `laionFetchOnWeb`; sends nothing to the web. */
export function planOnWeb(options: Omit<ClientOptions, 'output'>): Promise<number> {
  return planLaionFetch(jobOf(options));
}

/** What a run and its plan have in common. */
function jobOf({ web, ...job }: Omit<ClientOptions, 'output'>): ClientJob {
  const dataset = ['--number-sample-per-shard', shardRows(web.rows)];
  const image = ['--image-size', '256', '--resize-mode', 'keep_ratio'];
  const { env } = reachAsNode(web);
  return { ...job, args: [web.index, ...dataset, ...image, '--allow-private', '127.0.0.0/8'], env };
}

/** `tool` is the path of img2dataset's command. */
export async function img2datasetOnWeb(
  tool: string,
  { web, output, ...job }: ClientOptions,
): Promise<ClientResult> {
  const flags =
    '--input_format parquet --url_col URL --caption_col TEXT --output_format webdataset --processes_count 2 ' +
    '--thread_count 128 --image_size 256 --resize_mode keep_ratio --retries 1 --timeout 10 --enable_wandb False';
  const dataset = ['--url_list', web.index, '--number_sample_per_shard', shardRows(web.rows)];
  const env = await reachAsPython(web, `${output}-modules`);
  return runImg2dataset(tool, output, { ...job, args: [...dataset, ...flags.split(' ')], env });
}
