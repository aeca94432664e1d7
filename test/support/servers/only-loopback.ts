import { BlockList, isIP, Socket } from 'node:net';
import { onTestFinished, vi } from 'vitest';

/** What reaches this machine, and never leaves it; the unspecified addresses mean loopback to Linux. */
const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('0.0.0.0');
LOOPBACK.addAddress('::1', 'ipv6');
LOOPBACK.addAddress('::', 'ipv6');

/**
 * For the running test, no socket of this process can be dialled but to loopback: others fail as refused, and are told
 * in the list that is returned, in their order.
 */
export function allowOnlyLoopback(): readonly string[] {
  const stopped: string[] = [];
  const connect = Socket.prototype.connect;
  const spy = vi.spyOn(Socket.prototype, 'connect').mockImplementation(function (
    this: Socket,
    ...args: unknown[]
  ) {
    const [first] = args;
    const { host = 'no address' } = (Array.isArray(first) ? first[0] : first) as { readonly host?: string };
    if (isIP(host) !== 0 && LOOPBACK.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4')) {
      return Reflect.apply(connect, this, args) as Socket;
    }
    stopped.push(host);
    const refusal = Object.assign(new Error('the test dials loopback alone'), { code: 'ECONNREFUSED' });
    process.nextTick(() => this.destroy(refusal));
    return this;
  });
  onTestFinished(() => spy.mockRestore());
  return stopped;
}
