import { type Html, html } from './html.ts';

export interface Figure {
  /** Unique on the page. */
  readonly id: string;
  readonly title: string;
  /** What the drawing shows, in a sentence, for those who do not see it. */
  readonly description: string;
  readonly width: number;
  readonly height: number;
  readonly drawing: Html;
  /** The same numbers. */
  readonly table: Html;
}

/** A drawing with its title, its description and, behind it, a table of the same numbers. */
export function figure({ id, title, description, width, height, drawing, table }: Figure): Html {
  return html`<figure id="${id}">
<figcaption>${title}</figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}-t ${id}-d"><title id="${id}-t">${title}</title><desc id="${id}-d">${description}</desc>
${drawing}
</svg>
<details><summary>Numbers</summary>${table}</details>
</figure>
`;
}
