import { BlockList, isIP, Socket } from 'node:net';
import { onTestFinished, vi } from 'vitest';

/** Addresses that never leave this machine. Linux treats the unspecified addresses as loopback. */
const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('0.0.0.0');
LOOPBACK.addAddress('::1', 'ipv6');
LOOPBACK.addAddress('::', 'ipv6');

/**
 * Limits all sockets of this process to loopback for the running test. Other connections fail as refused; the returned
 * list names them in order.
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
    const refusal = Object.assign(new Error('the test may only connect to loopback'), {
      code: 'ECONNREFUSED',
    });
    process.nextTick(() => this.destroy(refusal));
    return this;
  });
  onTestFinished(() => spy.mockRestore());
  return stopped;
}
