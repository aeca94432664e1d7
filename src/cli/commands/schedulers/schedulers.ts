/** What starts the same command on many machines: by name, and what is printed for it. */
export const SCHEDULERS = { slurm: 'a batch script for Slurm', k8s: 'a manifest for Kubernetes' } as const;
export type Scheduler = keyof typeof SCHEDULERS;

export interface SchedulerFlags {
  readonly machines?: string;
}

export interface ScheduleWords {
  readonly index: readonly string[];
  readonly own: SchedulerFlags;
}
