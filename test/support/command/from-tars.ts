import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { runCli } from './cli.ts';

const IMAGES = 'fixtures/images';
const NAMES = ['landscape.jpg', 'gray.jpg', 'rgb.png', 'lossy.webp', 'tiny.jpg'];

/** The JSON of a sample with columns of several types. */
const sampleFields = (name: string, sample: number) => ({
  url: `http://a.example/${name}/${sample % 7}`,
  caption: sample % 5 === 0 ? null : `Bild ${sample} von ${name} 🖼`,
  id: `${name}-${sample}`,
  score: sample / 7,
  count: sample % 3 === 0 ? null : sample,
  tags: ['a', `b${sample}`],
  at: { x: 0.5, y: sample },
});

/** Writes a tar of samples, of which every eighth has no image; returns its path. */
export async function writeTar(folder: string, name: string, samples: number): Promise<string> {
  const tar = pack();
  for (let sample = 0; sample < samples; sample += 1) {
    const image = NAMES[sample % NAMES.length] ?? '';
    const content = sample % 8 === 7 ? 'no image' : await readFile(join(IMAGES, image));
    tar.entry({ name: `${sample}.${image.slice(image.indexOf('.') + 1)}` }, content);
    tar.entry({ name: `${sample}.json` }, JSON.stringify(sampleFields(name, sample)));
  }
  tar.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of tar) pieces.push(piece as Buffer);
  await mkdir(join(folder, 'tars'), { recursive: true });
  const path = join(folder, 'tars', `${name}.tar`);
  await writeFile(path, Buffer.concat(pieces));
  return path;
}

/**
 * Makes a small dataset without a network, from images that a tar holds; every eighth sample fails. Returns its folder,
 * `<folder>/<name>`.
 */
export async function makeDataset(
  folder: string,
  name: string,
  samples: number,
  flags: readonly string[] = [],
): Promise<string> {
  const path = await writeTar(folder, name, samples);
  const output = join(folder, name);
  const { code, stderr } = await runCli([
    path,
    '--from-tar',
    '--output',
    output,
    '--image-size',
    '48',
    ...flags,
  ]);
  if (code !== 0) throw new Error(stderr);
  return output;
}
