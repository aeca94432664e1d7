import { connect, type Socket } from 'node:net';
import { hasErrno } from '../../../util/files/errno.ts';
import { type Reply, readReply } from './message.ts';
import type { ServerAddress } from './server-address.ts';

/** The length of a message, which precedes it. */
const LENGTH_BYTES = 2;

/**
 * Asks a question over TCP, whose answers may have 64 KiB. Null: no answer came in time, or the connection failed. Rejects
 * only if this process has too many open files. `onSocket`: gets the socket, to destroy it early.
 */
export function askOverTcp(
  { address, port }: ServerAddress,
  query: Buffer,
  timeoutMs: number,
  onSocket: (socket: Socket) => void,
): Promise<Reply | null> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port });
    onSocket(socket);
    const timer = setTimeout(() => socket.destroy(), timeoutMs);
    let received = Buffer.alloc(0);
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt16BE(query.length);
    socket.write(Buffer.concat([length, query]));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      const end = received.length < LENGTH_BYTES ? Infinity : LENGTH_BYTES + received.readUInt16BE(0);
      if (received.length < end) return;
      const reply = readReply(received.subarray(LENGTH_BYTES, end), query);
      resolve(reply.kind === 'truncated' ? { kind: 'malformed' } : reply);
      socket.destroy();
    });
    socket.on('error', (error) => {
      if (hasErrno(error, 'EMFILE', 'ENFILE')) reject(error);
    });
    socket.on('end', () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(null);
    });
  });
}
