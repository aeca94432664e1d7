import { imageColumn } from '../../core/reserved-columns.ts';
import type { EncodedImage } from '../../core/samples.ts';
import type { DatasetShape } from '../metadata/dataset-shape.ts';
import type { Field, KeyedSample } from '../metadata/fields.ts';
import { sampleJson } from '../metadata/sample-json.ts';
import type { Member } from './sample-sink.ts';
import { encodeExample } from './tf-example.ts';

type SampleShape = Pick<DatasetShape, 'caption' | 'encodeFormat'>;

/** The members of a successful sample as a format stores them; `fields` are those of its JSON. */
export type ComposeMembers = (
  shape: SampleShape,
  fields: readonly Field[],
  sample: KeyedSample,
  image: EncodedImage,
) => readonly Member[];

/**
 * The files of a successful sample in the order of their extensions: image, JSON and, if the dataset has captions, a
 * text. A missing caption gives an empty text, so that every sample has the same members. Nothing in them depends on when
 * or how the image was fetched.
 */
export function sampleFiles(
  { caption }: SampleShape,
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

/** The one record of a successful sample in a TFRecord file. */
export function sampleExample(
  { caption, encodeFormat }: SampleShape,
  fields: readonly Field[],
  sample: KeyedSample,
  { bytes }: EncodedImage,
): readonly Member[] {
  const image = { name: imageColumn(encodeFormat), bytes };
  return [{ extension: 'example', bytes: encodeExample(fields, sample, image, caption) }];
}
