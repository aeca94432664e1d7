import { PLACEHOLDER_PORTS } from '../servers/ports.ts';

export interface IndexRow {
  readonly url: string | null;
  readonly text: string | null;
  /** In pixels, as the index claims. */
  readonly width: number | null;
  readonly height: number | null;
}

const http = (rest: string): string => rest.replace(/^[^/]+/, `http://$&:${PLACEHOLDER_PORTS.http}`);
const https = (rest: string): string => rest.replace(/^[^/]+/, `https://$&:${PLACEHOLDER_PORTS.https}`);

const row = (
  url: string | null,
  text: string | null,
  width: number | null = null,
  height: number | null = null,
): IndexRow => ({ url, text, width, height });

/** The rows of fixtures/index.parquet. fixtures/web.json says what each URL answers. */
export const INDEX_ROWS: readonly IndexRow[] = [
  row(http('photos.example/harbour.jpg'), 'Fishing boats in the harbour at dusk', 640, 427),
  row(http('photos.example/lighthouse.jpg'), 'Lighthouse on a rocky shore', 333, 500),
  row(https('gallery.example/still-life-with-pears.jpg'), 'Still life with pears, oil on canvas', 200, 150),
  row(http('blog.test/2014/holiday.jpg'), 'Our holiday by the lake', 128, 96),
  row(http('blog.test/2013/removed.jpg'), 'A picture that the blog has since removed', 500, 375),
  row(https('cdn.shop.test/p/4711.jpg?width=640'), 'Red running shoes, size 42', 640, 640),
  row(https('cdn.shop.test/p/4712.jpg?width=640'), 'Blue running shoes, size 42', 640, 640),
  row(http('photos.example/bridge.jpg'), 'Old stone bridge — 14th century', 301, 201),
  row(http('vanished.example/logo.png'), 'Logo of a company that is no more', 200, 200),
  row(https('museum.example/vase.png'), 'Vase with a dragon / 龍紋花瓶', 64, 48),
  row(https('museum.example/mask.png'), 'Máscara de madera, s. XVIII', 64, 48),
  row(https('pets.example/cat.jpg'), 'Sleeping cat 🐈💤', 96, 128),
  row(https('pets.example/dog.jpg'), 'Hund am Strand, schüttelt sich', 640, 427),
  row(http('slow.example/patient.jpg'), 'Time exposure of a waterfall', 320, 240),
  row(http('slow.example/hang.jpg'), 'A picture that never arrives', 320, 240),
  row(http('broken.example/reset.jpg'), 'Connection reset before the answer', 400, 300),
  row(http('broken.example/cut.jpg'), 'Connection reset in the middle', 400, 300),
  row(http('photos.example/forest.jpg'), 'Forest path in autumn,\nwith fallen leaves', 201, 134),
  row(http('photos.example/mountain.jpg'), null, 1600, 1067),
  row(https('gallery.example/portrait.jpg'), 'Portrait of a lady with a fan', 96, 128),
  row(null, 'A row without a URL', 100, 100),
  row('', 'A row with an empty URL', 100, 100),
  row('not a url', 'A row whose URL is none', 100, 100),
  row('http://[::1/photo.jpg', 'A row whose URL cannot be parsed', 100, 100),
  row('data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=', 'A picture inside its URL', 1, 1),
  row('ftp://photos.example/pub/photo.jpg', 'A picture on an FTP server', 640, 480),
  row(http('10.0.0.7/printer.jpg'), 'An address of a private network', 64, 64),
  row(http('intranet.test/plan.png'), 'A public name for a private address', 1200, 900),
  row(http('blog.test/2014/missing.jpg'), 'Page not found', 640, 480),
  row(http('blog.test/members/party.jpg'), 'For members only', 640, 480),
  row(https('busy.example/limited.jpg'), 'Comes after a 429 with Retry-After', 360, 240),
  row(https('busy.example/recovering.jpg'), 'Comes after a 500 and a 503', 360, 240),
  row(https('busy.example/overloaded.jpg'), 'Always 503', 360, 240),
  row(http('moved.example/old.jpg'), 'Two hosts and three redirects away', 640, 427),
  row(http('moved.example/loop.jpg'), 'A redirect to itself by way of another', 640, 480),
  row(http('moved.example/nowhere.jpg'), 'A redirect without a Location', 640, 480),
  row(http('moved.example/printer.jpg'), 'A redirect into a private network', 640, 480),
  row(http('moved.example/metadata.jpg'), 'A redirect to the metadata service of a cloud', 640, 480),
  row(http('unlucky.test/photo.jpg'), 'Its name server fails', 640, 480),
  row(http('mute.test/photo.jpg'), 'Its name server is silent', 640, 480),
  row(http('closed.example/photo.jpg'), 'Nothing listens on its port', 640, 480),
  row(http('photos.example/harbour.jpg'), 'Fishing boats in the harbour at dusk', 640, 427),
  row(http('photos.example/harbour.jpg'), 'The same picture under another caption', 640, 427),
  row(http('slow.example/drip.jpg'), 'A few bytes now and then', 320, 240),
  row(http('broken.example/truncated.jpg'), 'Half of a body', 400, 300),
  row(http('broken.example/longer.jpg'), 'More bytes than announced', 400, 300),
  row(http('broken.example/page.jpg'), 'A web page under the name of a picture', 400, 300),
  row(http('broken.example/torn.jpg'), 'Half of a picture, sent whole', 128, 96),
  row(http('broken.example/drawing.jpg'), 'A vector drawing under the name of a photograph', 400, 300),
  row(http('broken.example/huge.png'), 'Forty-one bytes that claim 25 million pixels', 786464, 32),
  row(http('broken.example/empty.jpg'), 'An empty body', 400, 300),
  row(http('broken.example/babble.jpg'), 'No HTTP at all', 400, 300),
  row(http('broken.example/flood.jpg'), 'Thousands of headers', 400, 300),
  row(http('broken.example/endless.jpg'), 'A body without end', 400, 300),
  row(https('broken.example/bomb.jpg'), 'Small on the wire, large in memory', 400, 300),
  row(https('hangup.test/photo.jpg'), 'Its server hangs up during the handshake', 400, 300),
  row(https('zipped.example/photo.png'), 'Compressed again on its way', 300, 200),
  row(https('selective.test/no-ai.jpg'), 'Opted out of training', 500, 400),
  row(https('selective.test/no-index.jpg'), 'Opted out of indexing', 500, 400),
  row(https('selective.test/other-bot.jpg'), 'Only some other bot is refused', 500, 400),
  row(https('selective.test/welcome.jpg'), 'Nobody is refused', 500, 400),
  row(https('expired.test/photo.jpg'), 'Behind an expired certificate', 320, 320),
  row(https('pets.example/parrot.webp'), 'Parrot "Coco" <eating>, a nut & another', 150, 100),
  row(https('pets.example/hamster.gif'), 'Hamster\tin its wheel', 80, 60),
  row(https('museum.example/coin.jpg?id=7&side=front#zoom'), 'العملة الذهبية', 120, 80),
  row(https('gallery.example/M%C3%A4dchen%20mit%20Hut.jpg'), 'Mädchen mit Hut', 384, 512),
  row(http('photos.example/panorama.jpg'), 'Panorama of the valley', 1600, 200),
];
