import { type Html, html } from './html.ts';

export interface TableColumn {
  readonly head: string;
  readonly isNumber?: boolean;
}

/** A table whose first column names the rows. */
export function table(
  caption: string,
  columns: readonly TableColumn[],
  rows: readonly (readonly (Html | string)[])[],
): Html {
  const head = columns.map(
    ({ head, isNumber }) => html`<th scope="col"${numberClass(isNumber)}>${head}</th>`,
  );
  const body = rows.map(([first = '', ...cells]) => {
    const rest = cells.map((cell, at) => html`<td${numberClass(columns[at + 1]?.isNumber)}>${cell}</td>`);
    return html`<tr><th scope="row">${first}</th>${rest}</tr>\n`;
  });
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table><caption>${caption}</caption><thead><tr>${head}</tr></thead><tbody>
${body}</tbody></table></div>`;
}

const numberClass = (isNumber = false): Html | null => (isNumber ? html` class="number"` : null);
