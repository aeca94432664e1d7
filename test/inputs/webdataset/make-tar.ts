import { pack } from 'tar-stream';

/** A tar with these members, as POSIX has it. */
export async function makeTar(
  members: readonly (readonly [name: string, content: string | Uint8Array])[],
): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of members) tar.entry({ name, mtime: new Date(0) }, Buffer.from(content));
  tar.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of tar) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/** The position of the header of a member with a short name. */
export function headerOf(tar: Buffer, name: string): number {
  return tar.indexOf(Buffer.from(`${name}\0`));
}
