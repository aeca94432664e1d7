/** The statistics of a shard as img2dataset writes them, without the failure codes that ours have. Times in seconds. */
export interface Img2datasetStats {
  readonly count: number;
  readonly successes: number;
  readonly failed_to_download: number;
  readonly failed_to_resize: number;
  readonly start_time: number;
  readonly end_time: number;
  readonly status_dict: Readonly<Record<string, number>>;
}

const NUMBERS = [
  'count',
  'successes',
  'failed_to_download',
  'failed_to_resize',
  'start_time',
  'end_time',
] as const;

/** Null for anything else, also for the statistics of laion-fetch. */
export function parseImg2datasetStats(text: string): Img2datasetStats | null {
  const stats = parseJson(text) as Partial<Img2datasetStats> | null;
  if (!(stats instanceof Object) || 'failure_codes' in stats) return null;
  const isComplete = NUMBERS.every((name) => Number.isFinite(stats[name]));
  return isComplete && stats.status_dict instanceof Object ? (stats as Img2datasetStats) : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
