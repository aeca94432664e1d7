import type { Options } from '../../config/resolve.ts';
import type { OpenOptions } from '../../inputs/file/index-file.ts';

/** How the options say that the files of an index are read. */
export function readOptions(options: Options): OpenOptions {
  const {
    where,
    records,
    header,
    delimiter,
    encoding,
    urlCol,
    captionCol,
    indexRow,
    fromTar: images,
  } = options;
  return {
    where: where ?? undefined,
    records,
    header,
    delimiter,
    encoding,
    urlCol,
    captionCol,
    indexRow,
    images,
  };
}
