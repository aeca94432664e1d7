import { readGenuineHosts } from '../model/genuine-hosts.ts';
import { planWeb, type WebPlan, type WebSize } from '../model/plan-web.ts';

export interface RequestedSize extends Omit<WebSize, 'genuineHosts'> {
  /** Parquet index whose hosts the rows get; null to draw hosts. */
  readonly hostsFrom?: string | null;
}

/** The plan of the web; both the server and the writer of the index make it. */
export async function planRequested({ hostsFrom, ...size }: RequestedSize): Promise<WebPlan> {
  const genuineHosts = hostsFrom == null ? undefined : await readGenuineHosts(hostsFrom);
  return planWeb({ ...size, genuineHosts });
}
