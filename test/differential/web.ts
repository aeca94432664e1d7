import type { Answer, WebScript } from '../support/box/answers.ts';

/** Fixtures of fixtures/images that the runs request. The bombs are left out: OpenCV would decode them to gigabytes. */
export const IMAGES = [
  ...[
    'landscape.jpg',
    'portrait.jpg',
    'tiny.jpg',
    'progressive.jpg',
    'gray.jpg',
    'cmyk.jpg',
    'display-p3.jpg',
  ],
  ...['orientation-1.jpg', 'orientation-6.jpg', 'exif-phone.jpg', 'exif-odd.jpg'],
  ...['truncated-half.jpg', 'truncated-tail.jpg', 'rgb.png', 'interlaced.png', 'rgba.png', 'gray.png'],
  ...['gray-alpha.png', 'rgb16.png', 'gray16.png', 'rgba16.png', 'display-p3-16.png', 'bilevel.png'],
  ...['palette-transparent.png', 'truncated-half.png', 'truncated-tail.png', 'lossy.webp', 'lossless.webp'],
  ...['alpha.webp', 'animated.webp', 'still.gif', 'animated.gif', 'transparent.gif', 'still.avif'],
  ...['image.tiff', 'image.bmp', 'image.svg', 'page.jpg', 'noise.jpg', 'empty.jpg'],
] as const;

/** Sizes that equal a limit, that give half a pixel or less than one at 100, or that are too long to enlarge. */
export const SIZES = ['256x256', '100x300', '201x200', '203x200', '600x2', '3x100'] as const;

const PHOTO = { body: { fixture: 'images/orientation-1.jpg' } } as const;
const robots = (...tags: readonly string[]): Answer => ({
  ...PHOTO,
  headers: tags.map((tag) => ['X-Robots-Tag', tag]),
});

/** Answers that decide whether there is an image at all. */
export const ANSWERS: Readonly<Record<string, Answer>> = {
  '/403': { status: 403 },
  '/404': { status: 404 },
  '/410': { status: 410 },
  '/429': { status: 429 },
  '/451': { status: 451 },
  '/500': { status: 500 },
  '/503': { status: 503 },
  '/204': { status: 204 },
  '/206': { ...PHOTO, status: 206 },
  '/moved': { redirect: '/tiny.jpg' },
  '/loop': { redirect: '/loop' },
  '/cut': { ...PHOTO, truncateAt: 500 },
  '/gzip': { ...PHOTO, encoding: 'gzip' },
  '/noai': robots('noai'),
  '/NoImageAI': robots('nofollow', 'NoImageAI'),
  '/noindex,nofollow': robots('noindex, nofollow'),
  '/nofollow': robots('nofollow'),
  '/none': robots('none'),
  '/mybot-noai': robots('MyBot: NoAI'),
  '/otherbot-noai': robots('otherbot: noai'),
};

export const WEB: WebScript = {
  hosts: {
    '*': {
      paths: {
        ...ANSWERS,
        ...Object.fromEntries(IMAGES.map((name) => [`/${name}`, { body: { fixture: `images/${name}` } }])),
        ...Object.fromEntries(
          SIZES.map((size, seed) => {
            const [width = 0, height = 0] = size.split('x').map(Number);
            return [`/${size}`, { body: { image: { width, height, seed } } }];
          }),
        ),
      },
    },
  },
};
