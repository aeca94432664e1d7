import { escapeUnsafe } from '../../util/text/terminal-text.ts';

/** Text that is HTML already. Anything else is escaped when it is put into a template. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = Html | string | number | null | readonly Part[];

/** A template of HTML or SVG: every text in it becomes text of the page, in an attribute as well, and nothing else. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(String.raw({ raw: strings }, ...parts.map(rendered)));
}

function rendered(part: Part): string {
  if (part === null) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'object') return part.map(rendered).join('');
  return typeof part === 'number' ? String(part) : escaped(part);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Characters that could reorder or hide text are shown by their numbers. */
function escaped(text: string): string {
  const visible = escapeUnsafe(text.replace(/[\t\n\r]+/g, ' '), (unit) => `\\u{${unit.toString(16)}}`);
  return visible.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

/** Foreign text, whose direction does not affect what stands beside it; cut at `maxLength` characters. */
export function foreign(text: string, maxLength = 200): Html {
  const characters = [...text.slice(0, 2 * maxLength + 2)];
  const isCut = characters.length > maxLength;
  return html`<bdi>${isCut ? `${characters.slice(0, maxLength).join('')}…` : text}</bdi>`;
}
