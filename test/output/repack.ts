import { readFile, writeFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { extract, pack } from 'tar-stream';

export interface TarMember {
  readonly name: string;
  readonly body: Buffer;
}

/** Rewrites a tar with other members. */
export async function repack(path: string, edit: (members: TarMember[]) => TarMember[]): Promise<void> {
  const members: TarMember[] = [];
  const archive = extract();
  archive.on('entry', (header, body, next) => {
    buffer(body).then((content) => {
      members.push({ name: header.name, body: content });
      next();
    }, next);
  });
  await pipeline([await readFile(path)], archive);
  const packed = pack();
  for (const { name, body } of edit(members)) packed.entry({ name }, body);
  packed.finalize();
  const tar = await buffer(packed);
  await writeFile(path, Buffer.concat([tar, Buffer.alloc((10_240 - (tar.length % 10_240)) % 10_240)]));
}
