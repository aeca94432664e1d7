import type { SheetImage } from '../../run/report/contact-sheet.ts';
import type { DatasetReport } from '../../run/report.ts';
import { formatCount, plural } from '../../util/text/units.ts';
import { urlHost } from '../../util/text/url-host.ts';
import { foreign, type Html, html } from './html.ts';

const CAPTION_CHARACTERS = 160;

/** A few images with their captions, chosen at random. */
export function sheet({ sheet: images, seed, tally }: DatasetReport): Html {
  const shards = new Set(images.map(({ shard }) => shard)).size;
  return html`<p class="soft">${formatCount(images.length)} of ${plural(tally.successes, 'image')}, chosen at random with the seed ${seed} from ${plural(shards, 'shard')}.</p>
<ul class="sheet">
${images.map((image) => html`<li>${item(image)}</li>\n`)}</ul>`;
}

function item({ key, url, caption, originalWidth, originalHeight, thumbnail }: SheetImage): Html {
  const size =
    originalWidth === null || originalHeight === null ? '' : `, ${originalWidth} × ${originalHeight} pixels`;
  const host = url === null ? null : urlHost(url);
  const shown =
    thumbnail === null
      ? html`<span class="none">not shown</span>`
      : html`<img alt="Image ${key}${size}" width="${thumbnail.width}" height="${thumbnail.height}" src="data:image/jpeg;base64,${Buffer.from(thumbnail.jpeg).toString('base64')}">`;
  return html`<figure>${shown}<figcaption><span class="caption">${
    caption === null || caption === ''
      ? html`<span class="soft">no caption</span>`
      : foreign(caption, CAPTION_CHARACTERS)
  }</span><span class="soft">${host === null ? '' : foreign(host, 60)}${size}</span></figcaption></figure>`;
}
