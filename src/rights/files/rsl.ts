import { type RightsVerdict, rawText } from '../../core/rights/signal.ts';
import { readXml } from '../../util/xml/xml-reader.ts';
import { matches, normalPath, type PathPattern, readPattern } from '../robots/pattern.ts';

/** The terms of one offer: a `license` element. Tokens are in lower case. */
interface Terms {
  /** Uses that it permits; null if it names none, which permits all. */
  permits: string[] | null;
  readonly prohibits: string[];
  /** Kinds of payment; none means free. */
  readonly payments: string[];
  /** Whether it is for some users or countries alone. */
  isLimited: boolean;
}

/** A `content` element: the paths that it is about, and the offers for them. */
interface Content {
  readonly pattern: PathPattern;
  /** `host:port` of a full URL; null if it has a path alone, which is one of any site that names the file. */
  readonly host: string | null;
  /** Whether a licence must be obtained from a server, even if it is free. */
  readonly needsServer: boolean;
  readonly offers: readonly Terms[];
}

/** A file of Really Simple Licensing, as far as it says something about use for training. */
export type RslFile = readonly Content[];

/** Longer files are not read. */
const MAX_BYTES = 256 * 1024;
const MAX_CONTENTS = 1_000;
const NAMESPACE = /^https?:\/\/rslstandard\.org\/rsl\/?$/i;
/** The uses that training is part of, and the name of training in the drafts. */
const TRAINING = ['all', 'ai-all', 'ai-train', 'train-ai'];
const FREE = ['free', 'attribution'];

/** Reads a file of RSL 1.0; null for what is none, is not XML up to its end, or is too long. */
export function readRsl(body: Buffer): RslFile | null {
  if (body.length > MAX_BYTES) return null;
  const reader = new RslReader();
  const text = body.toString('utf8').replace(/^\ufeff/, '');
  const isWhole = readXml(text, reader);
  return isWhole && reader.isRsl && reader.contents.length <= MAX_CONTENTS ? reader.contents : null;
}

/**
 * What a file says about training with the image at the URL; undefined if it says nothing. The content with the longest
 * matching path counts. A prohibition in any of its offers refuses; else one offer that permits training for nothing is
 * enough. `record`: such an offer is for some users or countries alone.
 */
export function rslAnswer(
  file: RslFile,
  { host, pathname, search }: URL,
): { readonly verdict: RightsVerdict; readonly raw: string } | undefined {
  const path = normalPath(pathname + search);
  const about = file.filter((content) => (content.host ?? host) === host && matches(content.pattern, path));
  const most = Math.max(...about.map(({ pattern }) => pattern.octets));
  const closest = about.filter(({ pattern }) => pattern.octets === most);
  const answers = closest.map(answerOf);
  return ORDER.map((wanted) => answers.find(({ verdict }) => verdict === wanted)).find(
    (answer) => answer !== undefined,
  );
}

const ORDER: readonly RightsVerdict[] = ['deny', 'record', 'allow', 'unknown'];

interface Answer {
  readonly verdict: RightsVerdict;
  readonly raw: string;
}

function answerOf({ needsServer, offers }: Content): Answer {
  if (needsServer) return { verdict: 'deny', raw: 'a licence is to be obtained from its server' };
  // An element without terms grants nothing and forbids nothing.
  if (offers.length === 0) return { verdict: 'unknown', raw: '' };
  const forbidden = offers.flatMap(({ prohibits }) => prohibits).filter((use) => TRAINING.includes(use));
  if (forbidden.length > 0) return { verdict: 'deny', raw: rawText(`prohibits ${forbidden.join(' ')}`) };
  const granting = offers.filter(({ permits }) => permits?.some((use) => TRAINING.includes(use)) ?? true);
  if (granting.length === 0) {
    const permitted = offers.flatMap(({ permits }) => permits ?? []);
    return { verdict: 'deny', raw: rawText(`permits ${permitted.join(' ')}`.trim()) };
  }
  const free = granting.filter(({ payments }) => payments.every((type) => FREE.includes(type)));
  if (free.length === 0) {
    const types = granting.flatMap(({ payments }) => payments);
    return { verdict: 'deny', raw: rawText(`payment ${types.join(' ')}`.trim()) };
  }
  if (free.every(({ isLimited }) => isLimited))
    return { verdict: 'record', raw: 'permits training to some users or countries' };
  return { verdict: 'allow', raw: 'permits training' };
}

/** Collects the elements that count. What stands elsewhere, and elements of other namespaces, are left out. */
class RslReader {
  isRsl = false;
  readonly contents: Content[] = [];
  readonly #path: string[] = [];
  #offers: Terms[] = [];
  #terms: Terms | null = null;
  /** The list that the text of the current element belongs to, and its text so far. */
  #take: ((text: string) => void) | null = null;
  #text = '';

  readonly onStart = (name: string, attributes: ReadonlyMap<string, string>): void => {
    const local = name.slice(name.indexOf(':') + 1);
    this.#path.push(local);
    this.#text = '';
    const type = attributes.get('type')?.trim().toLowerCase() ?? 'usage';
    switch (this.#path.join('>')) {
      case 'rsl':
        this.isRsl = isRslNamespace(name, attributes);
        break;
      case 'rsl>content':
        this.#open(attributes);
        break;
      case 'rsl>content>license':
        this.#terms = { permits: null, prohibits: [], payments: [], isLimited: false };
        this.#offers.push(this.#terms);
        break;
      case 'rsl>content>license>permits':
      case 'rsl>content>license>prohibits':
        this.#take = this.#taking(local, type);
        break;
      case 'rsl>content>license>payment':
        this.#terms?.payments.push(attributes.get('type')?.trim().toLowerCase() || 'free');
        break;
      default:
    }
  };

  readonly onText = (text: string): void => {
    if (this.#take !== null) this.#text += text;
  };

  readonly onEnd = (): void => {
    this.#path.pop();
    this.#take?.(this.#text);
    this.#take = null;
  };

  #open(attributes: ReadonlyMap<string, string>): void {
    this.#offers = [];
    const place = placeOf(attributes.get('url') ?? '/');
    // Elements beyond the limit make the file unreadable.
    if (place !== null && this.contents.length <= MAX_CONTENTS) {
      const needsServer = (attributes.get('server') ?? '').trim() !== '';
      this.contents.push({ ...place, needsServer, offers: this.#offers });
    }
  }

  #taking(local: string, type: string): ((text: string) => void) | null {
    const terms = this.#terms;
    if (terms === null) return null;
    return (text) => {
      const tokens = text
        .toLowerCase()
        .split(/[\s,]+/)
        .filter((token) => token !== '');
      if (type !== 'usage') terms.isLimited ||= tokens.some((token) => token !== 'all');
      else if (local === 'prohibits') terms.prohibits.push(...tokens);
      else terms.permits = [...(terms.permits ?? []), ...tokens];
    };
  }
}

/** Many sites leave the namespace out. */
function isRslNamespace(name: string, attributes: ReadonlyMap<string, string>): boolean {
  const colon = name.indexOf(':');
  const uri = attributes.get(colon === -1 ? 'xmlns' : `xmlns:${name.slice(0, colon)}`);
  return uri === undefined || NAMESPACE.test(uri.trim());
}

/** The paths that a `url` attribute is about; null if it is neither a path nor a URL. */
function placeOf(text: string): Pick<Content, 'pattern' | 'host'> | null {
  const [, authority, path = text] = /^https?:\/\/([^/?#\s]+)(.*)$/is.exec(text.trim()) ?? [];
  const trimmed = path.trim();
  const isPath = trimmed === '' || /^[/*?]/.test(trimmed);
  if (!isPath) return null;
  const pattern = readPattern(Buffer.from(trimmed === '' ? '/' : trimmed).toString('latin1'));
  return { pattern, host: authority === undefined ? null : hostOf(authority) };
}

/** As `URL.host` has it, with the usual ports left out. */
const hostOf = (authority: string): string =>
  authority
    .toLowerCase()
    .replace(/^.*@/, '')
    .replace(/:(80|443)$/, '');
