/** sRGB's red, green and blue in the connection space of profiles (XYZ, D50); each line is X, Y or Z. */
const SRGB: Matrix = [
  [0.4360747, 0.3850649, 0.1430804],
  [0.2225045, 0.7168786, 0.0606169],
  [0.0139322, 0.0971045, 0.7141733],
];
const FROM_XYZ = inverse(SRGB);

/** Largest difference that a conversion may make, in steps of 8 bits. Rounding and small tables of curves reach 1.3. */
const TOLERANCE = 1.5;
/** Values of a channel at which colours are compared. */
const LEVELS = [0, 51, 102, 153, 204, 255];

type Row = readonly [number, number, number];
type Matrix = readonly [Row, Row, Row];
/** Maps a stored value (0..1) to light (0..1). */
type Curve = (value: number) => number;

let last: { readonly profile: Uint8Array; readonly verdict: boolean } | undefined;

/**
 * Whether an ICC profile describes sRGB: its primaries, white point and curves change no colour by more than rounding
 * does. Names and digests do not count, because there are hundreds of such files.
 */
export function isSrgb(profile: Uint8Array): boolean {
  const bytes = Buffer.from(profile.buffer, profile.byteOffset, profile.byteLength);
  // Most images of one site have the same profile.
  if (last === undefined || !bytes.equals(last.profile)) {
    last = { profile: Uint8Array.from(bytes), verdict: saysSrgb(bytes) };
  }
  return last.verdict;
}

function saysSrgb(bytes: Buffer): boolean {
  try {
    const tags = readTags(bytes);
    const [red, green, blue] = [readColour(tags, 'rXYZ'), readColour(tags, 'gXYZ'), readColour(tags, 'bXYZ')];
    const curves = [readCurve(tags, 'rTRC'), readCurve(tags, 'gTRC'), readCurve(tags, 'bTRC')] as const;
    const toXyz: Matrix = [
      [red[0], green[0], blue[0]],
      [red[1], green[1], blue[1]],
      [red[2], green[2], blue[2]],
    ];
    return curves.every(isSrgbCurve) && keepsColours(toXyz, curves);
  } catch (error) {
    // The profile ends early or has no such tag.
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** The tags of a profile for RGB displays that consists of a matrix and curves. Throws a RangeError for all others. */
function readTags(bytes: Buffer): ReadonlyMap<string, Buffer> {
  const text = (at: number): string => bytes.toString('latin1', at, at + 4);
  const isMatrix = text(12) === 'mntr' && text(16) === 'RGB ' && text(20) === 'XYZ ' && text(36) === 'acsp';
  const count = bytes.readUInt32BE(128);
  if (!isMatrix || count > 100) throw new RangeError('not a profile of this kind');
  const tags = new Map<string, Buffer>();
  for (let at = 132; at < 132 + 12 * count; at += 12) {
    const start = bytes.readUInt32BE(at + 4);
    tags.set(text(at), bytes.subarray(start, start + bytes.readUInt32BE(at + 8)));
  }
  // Tables of colours take precedence over the matrix.
  if ([...tags.keys()].some((name) => /^[AD]2B/.test(name))) throw new RangeError('a profile with tables');
  return tags;
}

function tagOf(tags: ReadonlyMap<string, Buffer>, name: string): Buffer {
  const tag = tags.get(name);
  if (tag === undefined) throw new RangeError(`no tag ${name}`);
  return tag;
}

const fixed = (tag: Buffer, at: number): number => tag.readInt32BE(at) / 65_536;

function readColour(tags: ReadonlyMap<string, Buffer>, name: string): Row {
  const tag = tagOf(tags, name);
  return [fixed(tag, 8), fixed(tag, 12), fixed(tag, 16)];
}

function readCurve(tags: ReadonlyMap<string, Buffer>, name: string): Curve {
  const tag = tagOf(tags, name);
  const kind = tag.toString('latin1', 0, 4);
  if (kind === 'para') return readFormula(tag);
  if (kind !== 'curv') throw new RangeError('an unknown kind of curve');
  const count = tag.readUInt32BE(8);
  if (count === 0) return (value) => value;
  if (count === 1) return (value) => value ** (tag.readUInt16BE(12) / 256);
  const at = (place: number): number => tag.readUInt16BE(12 + 2 * place) / 65_535;
  return (value) => {
    const place = Math.min(Math.floor(value * (count - 1)), count - 2);
    const share = value * (count - 1) - place;
    return at(place) * (1 - share) + at(place + 1) * share;
  };
}

/** The curves that ICC defines by formulas: a power of a line, and below a limit another line. */
function readFormula(tag: Buffer): Curve {
  const kind = tag.readUInt16BE(8);
  const parameters = [1, 3, 4, 5, 7][kind];
  if (parameters === undefined) throw new RangeError('an unknown formula');
  const [g = 1, a = 1, b = 0, c = 0, d = 0, e = 0, f = 0] = Array.from({ length: parameters }, (_, index) =>
    fixed(tag, 12 + 4 * index),
  );
  if (kind === 0) return (value) => value ** g;
  if (kind === 1) return (value) => (value >= -b / a ? (a * value + b) ** g : 0);
  if (kind === 2) return (value) => (value >= -b / a ? (a * value + b) ** g + c : c);
  return (value) => (value >= d ? (a * value + b) ** g + e : c * value + f);
}

/** sRGB's own curve, from light to a step of 8 bits. */
function encode(light: number): number {
  const clipped = Math.min(Math.max(light, 0), 1);
  return 255 * (clipped <= 0.0031308 ? 12.92 * clipped : 1.055 * clipped ** (1 / 2.4) - 0.055);
}

function isSrgbCurve(curve: Curve): boolean {
  for (let level = 0; level < 256; level++) {
    if (!(Math.abs(encode(curve(level / 255)) - level) <= TOLERANCE)) return false;
  }
  return true;
}

function keepsColours(toXyz: Matrix, [red, green, blue]: readonly [Curve, Curve, Curve]): boolean {
  for (const r of LEVELS) {
    for (const g of LEVELS) {
      for (const b of LEVELS) {
        const xyz = apply(toXyz, [red(r / 255), green(g / 255), blue(b / 255)]);
        const found = apply(FROM_XYZ, xyz);
        const isSame = (index: 0 | 1 | 2, level: number) =>
          Math.abs(encode(found[index]) - level) <= TOLERANCE;
        if (!isSame(0, r) || !isSame(1, g) || !isSame(2, b)) return false;
      }
    }
  }
  return true;
}

function apply(matrix: Matrix, [a, b, c]: Row): Row {
  const line = (row: Row): number => row[0] * a + row[1] * b + row[2] * c;
  return [line(matrix[0]), line(matrix[1]), line(matrix[2])];
}

function inverse([[a, b, c], [d, e, f], [g, h, i]]: Matrix): Matrix {
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  const scaled = (x: number, y: number, z: number): Row => [
    x / determinant,
    y / determinant,
    z / determinant,
  ];
  return [
    scaled(e * i - f * h, c * h - b * i, b * f - c * e),
    scaled(f * g - d * i, a * i - c * g, c * d - a * f),
    scaled(d * h - e * g, b * g - a * h, a * e - b * d),
  ];
}
