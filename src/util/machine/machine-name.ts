import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** Another one after each start of the machine. Null if the system does not say. */
export function bootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return null;
  }
}

/**
 * Names this machine in names of files that several share. Hosts may have one name, such as `localhost` or that of a pod
 * which was started again on another node, so it tells them apart by what is new with each start.
 */
export function machineName(): string {
  const host = hostname().replace(/[^\w.-]/g, '_');
  const boot = bootId();
  return boot === null ? host : `${host}-${boot.slice(0, 8)}`;
}
