import type { Body } from './answers.ts';

const FILES = [
  'landscape.jpg',
  'portrait.jpg',
  'progressive.jpg',
  'large.jpg',
  'display-p3.jpg',
  'gray.jpg',
  'lossy.webp',
  'rgb.png',
];

/** Intact images of several sizes and formats from fixtures/images. */
export const PHOTOS: readonly Body[] = FILES.map((file) => ({ fixture: `images/${file}` }));
