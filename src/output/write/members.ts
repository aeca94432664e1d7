import type { EncodedImage } from '../../core/samples.ts';
import type { Member } from '../formats/sample-sink.ts';
import type { DatasetShape } from '../metadata/dataset-shape.ts';
import type { Field, KeyedSample } from '../metadata/fields.ts';
import { sampleJson } from '../metadata/sample-json.ts';

/**
 * The files of a successful sample in the order of their extensions: image, JSON and, if the dataset has captions, a
 * text. A missing caption gives an empty text, so that every sample has the same members. Nothing in them depends on when
 * or how the image was fetched.
 */
export function sampleMembers(
  { caption }: Pick<DatasetShape, 'caption'>,
  fields: readonly Field[],
  sample: KeyedSample,
  { extension, bytes }: EncodedImage,
): readonly Member[] {
  const members: Member[] = [
    { extension, bytes },
    { extension: 'json', bytes: Buffer.from(sampleJson(fields, sample), 'latin1') },
  ];
  if (caption) members.push({ extension: 'txt', bytes: Buffer.from(sample.row.caption ?? '', 'utf8') });
  return members.sort((a, b) => (a.extension < b.extension ? -1 : 1));
}
