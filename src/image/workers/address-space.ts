import { EXIT, UserError } from '../../core/errors.ts';
import { formatBytes } from '../../util/text/units.ts';

/** Refuses to start decoders of so many bytes where the system grants a process less address space. */
export function requireAddressSpace(bytes: number, granted: number): void {
  if (granted >= bytes) return;
  throw new UserError(
    EXIT.environment,
    `Cannot start a decoder: expected at least ${formatBytes(bytes)} of address space for each process, found a limit of ${formatBytes(granted)}; raise it (ulimit -v ${Math.ceil(bytes / 1024)})`,
  );
}
