import { processStat } from './process-stat.ts';

/** Whether this process belongs to the job in the foreground of its terminal; null if the system does not say. */
function inForeground(): boolean | null {
  // State, parent, process group, session, terminal, the terminal's foreground group; -1 without a terminal.
  const [, , group, , , foreground] = processStat('self') ?? [];
  return group === undefined || foreground === '-1' ? null : group === foreground;
}

/** Whether this process surely may read from its terminal. */
export const isInForeground = (): boolean => inForeground() === true;

/** Whether this process surely belongs to a job in the background. */
export const isInBackground = (): boolean => inForeground() === false;
