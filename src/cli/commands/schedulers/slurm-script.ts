import { quoteForShell } from '../../../util/text/quote-for-shell.ts';
import type { ScheduledRun } from './download-words.ts';

/** A batch script for Slurm: an array with one task for each part. A task whose machine failed is started again. */
export function slurmScript({ words, machines, atOnce }: ScheduledRun): string {
  return `#!/bin/bash
# One task for each part of the shards. Submit with: sbatch <this file>
#SBATCH --job-name=laion-fetch
#SBATCH --array=0-${machines - 1}${atOnce < machines ? `%${atOnce}` : ''}
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=8
#SBATCH --mem=16G
#SBATCH --requeue
#SBATCH --open-mode=append
# Time to write finished shards before the time limit or a preemption ends the task.
#SBATCH --signal=B:TERM@60

# SIGTERM reaches this shell, which hands it on. Whatever kills this shell or Slurm's step above it ends the program, too.
LAION_FETCH_END_WITH="$$,$PPID" laion-fetch ${words.map(quoteForShell).join(' ')} --part "$SLURM_ARRAY_TASK_ID/${machines}" &
child=$!
trap 'kill -TERM "$child"' TERM INT
wait "$child"
code=$?
# A signal ends the first wait, not the program.
while kill -0 "$child" 2>/dev/null; do wait "$child"; code=$?; done

case "$code" in
  # The output, the machine or a signal: the same task goes on where it was. 2 and 3 are mistakes, which stay.
  4 | 6 | 7 | 137 | 143)
    if [ "\${SLURM_RESTART_COUNT:-0}" -lt 5 ]; then scontrol requeue "$SLURM_JOB_ID"; fi ;;
esac
exit "$code"
`;
}
