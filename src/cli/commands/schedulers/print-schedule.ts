import { type ScheduleRequest, scheduledRun } from './download-words.ts';
import { kubernetesManifest } from './kubernetes-manifest.ts';
import type { Scheduler } from './schedulers.ts';
import { slurmScript } from './slurm-script.ts';

const TEXTS = { slurm: slurmScript, k8s: kubernetesManifest } as const;

/** `laion-fetch slurm <index...>` and `k8s`: prints what starts the download on many machines. */
export function printSchedule(scheduler: Scheduler, request: ScheduleRequest): void {
  process.stdout.write(TEXTS[scheduler](scheduledRun(request)));
}
