import type { FailureCode } from '../../core/failures.ts';
import type { Circuit } from './breaker.ts';
import type { Verdicts } from './verdicts.ts';

/** Failures that may be this machine's, and the circuit that tells. */
const CIRCUITS: Partial<Record<FailureCode, Circuit>> = {
  dns_failed: 'lookup',
  dns_timeout: 'lookup',
  connect_unreachable: 'route',
  proxy_failed: 'proxy',
  proxy_refused: 'proxy',
};

/** The circuit that tells whether this machine caused a failure; undefined if it cannot be the cause. */
export function circuitOf(code: FailureCode): Circuit | undefined {
  return CIRCUITS[code];
}

/** Records what a DNS look-up says about this machine. `code`: its failure, or null. */
export function recordLookup(verdicts: Verdicts, name: string, code: FailureCode | null): void {
  if (code === null || code === 'dns_not_found') verdicts.record('lookup', name, 'ok');
  else verdicts.record('lookup', name, code === 'dns_timeout' ? 'silent' : 'failed');
}

/** Records what a request says about this machine's way to the network. `code`: its failure, or null. */
export function recordRequest(
  verdicts: Verdicts,
  host: string,
  code: FailureCode | null,
  hasProxy: boolean,
): void {
  if (code === null) verdicts.record('route', host, 'ok');
  else if (code === 'connect_unreachable') verdicts.record('route', host, 'failed');
  if (code === 'proxy_failed') verdicts.record('proxy', host, 'silent');
  else if (code === 'proxy_refused') verdicts.record('proxy', host, 'failed');
  else if (hasProxy) verdicts.record('proxy', host, 'ok');
}
