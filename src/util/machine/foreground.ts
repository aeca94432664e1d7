import { processStat } from './process-stat.ts';

/** Whether this process belongs to the job in the foreground of its terminal; false if the system does not say. */
export function isInForeground(): boolean {
  // State, parent, process group, session, terminal, the terminal's foreground group.
  const [, , group, , , foreground] = processStat('self') ?? [];
  return group !== undefined && group === foreground;
}
