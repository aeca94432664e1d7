const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

export type Colour = keyof typeof CODES;

/** A text in a colour, or as it is where colours are not wanted. */
export type Paint = (text: string, colour: Colour) => string;

export const plain: Paint = (text) => text;

const coloured: Paint = (text, colour) => {
  const [on, off] = CODES[colour];
  return text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`;
};

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * How to paint what goes to a stream: with colours on a terminal. FORCE_COLOR asks for them anywhere, or with 0 or false
 * for none; otherwise NO_COLOR and TERM=dumb mean none.
 */
export function choosePaint(
  { isTTY = false }: { readonly isTTY?: boolean },
  environment: Environment,
): Paint {
  const { FORCE_COLOR: force, NO_COLOR: no, TERM: term } = environment;
  if (force !== undefined) return force === '0' || force === 'false' ? plain : coloured;
  return isTTY && !no && term !== 'dumb' ? coloured : plain;
}
