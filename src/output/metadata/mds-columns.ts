import { imageColumn } from '../../core/reserved-columns.ts';
import type { DatasetShape } from './dataset-shape.ts';

export interface MdsColumn {
  readonly name: string;
  /** Name of the encoding in MosaicML's streaming; all values have lengths of their own. */
  readonly encoding: 'jpeg' | 'png' | 'bytes' | 'json' | 'str';
}

/**
 * The columns of an MDS file in its order, that of their names: the members of a webdataset sample under their extensions,
 * and the key. streaming decodes `jpeg` and `png` with Pillow; other images stay bytes.
 */
export function mdsColumns({
  encodeFormat,
  caption,
}: Pick<DatasetShape, 'encodeFormat' | 'caption'>): readonly MdsColumn[] {
  const columns: MdsColumn[] = [
    { name: imageColumn(encodeFormat), encoding: IMAGE_ENCODINGS.get(encodeFormat) ?? 'bytes' },
    { name: 'json', encoding: 'json' },
    { name: 'key', encoding: 'str' },
    ...(caption ? [{ name: 'txt', encoding: 'str' } as const] : []),
  ];
  return columns.sort((a, b) => (a.name < b.name ? -1 : 1));
}

const IMAGE_ENCODINGS: ReadonlyMap<string, 'jpeg' | 'png'> = new Map([
  ['jpg', 'jpeg'],
  ['png', 'png'],
]);
