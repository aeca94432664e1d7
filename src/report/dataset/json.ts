import { FAILURES } from '../../core/failures.ts';
import type { DatasetReport } from '../../run/report.ts';
import { terminalJson } from '../../util/text/terminal-json.ts';
import { VERSION } from '../../util/version.ts';

/** The report as one JSON document. Images have no bytes in it. */
export function reportJson(report: DatasetReport): string {
  const { tally, hosts, retry } = report;
  return terminalJson({
    output: report.output,
    version: VERSION,
    created_at: new Date(report.createdAt).toISOString(),
    finished: report.runs.length > 0 && report.resume === null,
    resume_command: report.resume,
    shards: report.shards,
    rows: tally.rows,
    successes: tally.successes,
    success_ratio: tally.rows === 0 ? null : tally.successes / tally.rows,
    bytes: tally.bytes,
    failures: tally.commonest().map(([code, rows]) => ({
      code,
      stage: FAILURES[code]?.stage ?? null,
      rows,
      example: report.examples.get(code) ?? null,
    })),
    retry: {
      rows: retry.rows,
      failure_codes: Object.fromEntries(retry.failures),
      command: retry.rows > 0 && retry.refusal === null ? retry.command : null,
      refusal: retry.refusal,
    },
    throughput: report.throughput.map(({ command, startedAt, version, intervalMs, ms, ...counts }) => ({
      command,
      started_at: new Date(startedAt).toISOString(),
      version,
      interval_seconds: intervalMs / 1000,
      seconds: ms / 1000,
      ...counts,
    })),
    hosts: {
      count: hosts.hosts.count,
      margin: hosts.hosts.margin,
      is_partial: hosts.isPartial,
      largest: hosts.largest,
      slowest: report.slowHosts.map(({ host, meanMs }) => ({ host, mean_seconds: meanMs / 1000 })),
      most_refusals: hosts.refused,
      gone: hosts.dead,
    },
    rights: {
      policies: report.rights.policies,
      ...report.rights.figures,
      attribution: report.rights.hasAttribution ? 'ATTRIBUTION.md' : null,
    },
    distributions: report.distributions.map(({ title, unit = null, bins, unknown }) => ({
      title,
      unit,
      bins,
      unknown,
    })),
    images: report.sheet.map(({ key, shard, url, caption }) => ({ key, shard, url, caption })),
    seed: report.seed,
    columns: report.columns,
    versions: report.versions,
    runs: report.runs,
    problems: report.problems,
  });
}
