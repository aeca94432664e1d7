import { ASSUMED } from '../run/plan/predict.ts';
import type { DownloadPlan } from '../run/plan.ts';
import { terminalJson } from '../util/text/terminal-json.ts';

/** What `plan` predicts, as one JSON document. Times are in seconds, sizes in bytes, shares from 0 to 1. */
export function planJson(plan: DownloadPlan): string {
  const { files, bytes, shards, columns, counts, limits, cost, prediction } = plan;
  const { duplicates, hosts } = counts;
  const withShare = <T extends { readonly rows: number }>(part: T) => ({
    ...part,
    share: counts.usable === 0 ? 0 : part.rows / counts.usable,
  });
  return terminalJson({
    files,
    bytes,
    rows: counts.rows,
    shards,
    columns,
    usable_rows: counts.usable,
    unusable_rows: Object.fromEntries(counts.unusable),
    schemes: Object.fromEntries(counts.schemes),
    duplicates: { rows: duplicates.rows, exact: duplicates.margin === 0, margin: duplicates.margin },
    hosts: {
      count: hosts.count,
      complete: hosts.complete,
      largest: hosts.largest.map(withShare),
      heads: hosts.heads.map(withShare),
    },
    prediction: {
      seconds: prediction.seconds,
      bound_by: prediction.seconds === 0 ? null : (prediction.bounds[0]?.kind ?? null),
      bounds: prediction.bounds,
      tail_seconds: prediction.tailSeconds,
      requests: prediction.requests,
      successes: prediction.successes,
      traffic_bytes: prediction.trafficBytes,
      disk_bytes: prediction.diskBytes,
    },
    ...(plan.machines && {
      machines: plan.machines.map(({ perHost, mostSeconds, ...rest }) => {
        return { ...rest, per_host: perHost, most_seconds: mostSeconds };
      }),
    }),
    limits: {
      cores: limits.cores,
      decoders: limits.decoders,
      lanes: limits.lanes,
      concurrency: limits.concurrency,
      per_host: limits.perHost,
      timeout_ms: limits.timeoutMs,
      retries: limits.retries,
      per_host_rate: limits.perHostRate,
      rate: limits.rate,
      bandwidth: limits.bandwidth,
    },
    measured: {
      core_ms_per_picture: cost.coreMs,
      accepted_share: cost.accepted,
      kept_bytes_share: cost.keptBytes,
      encoded_bytes_per_picture: cost.encodedBytes,
    },
    assumed: {
      success_share: counts.heldBytes === null ? ASSUMED.successShare : 1,
      silent_share: counts.heldBytes === null ? ASSUMED.silentShare : 0,
      answer_seconds: ASSUMED.answerSeconds,
      engine_ms_per_row: ASSUMED.engineMs,
      picture_bytes: prediction.imageBytes,
      picture_bytes_from: pictureBytesFrom(counts),
    },
  });
}

function pictureBytesFrom({ heldBytes, meanPixels }: DownloadPlan['counts']): string {
  if (heldBytes !== null) return 'images in the tars';
  return meanPixels === null ? 'mean of LAION' : 'sizes in the index';
}
