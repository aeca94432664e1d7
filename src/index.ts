/**
 * laion-fetch as a library: the commands `download`, `plan`, `verify`, `retry`, `recheck`, `merge` and `columns` as functions.
 * They print nothing, install no signal handlers and end with all their processes and threads. See docs/library.md.
 */
export type { FailureCode } from './core/failures.ts';
export { type ColumnsResult, type ColumnsSummary, columns } from './library/columns.ts';
export { type DownloadResult, type DownloadSummary, download } from './library/download.ts';
export type { ChangeHooks, DownloadEvent, HostChange, Progress, RunHooks } from './library/events.ts';
export { type MergeResult, type MergeSummary, merge } from './library/merge.ts';
export type {
  ColumnsOptions,
  DownloadOptions,
  MergeOptions,
  PlanOptions,
  RecheckOptions,
  RetryOptions,
  VerifyOptions,
} from './library/options.ts';
export { type PlanHooks, type PlanResult, type PlanSummary, plan } from './library/plan.ts';
export {
  type DeniedSample,
  type RecheckResult,
  type RecheckSummary,
  type RightsCount,
  recheck,
} from './library/recheck.ts';
export type { ErrorCode, Failure, Shortfall, Success } from './library/result.ts';
export { type RetryResult, type RetrySummary, retry } from './library/retry.ts';
export {
  type ComparedIndex,
  type Finding,
  type RepairedShard,
  type VerifyHooks,
  type VerifyResult,
  type VerifySummary,
  verify,
} from './library/verify.ts';
