import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { onTestFinished } from 'vitest';

const CHROMIUM = process.env['LAION_FETCH_CHROMIUM'] ?? '/usr/bin/chromium';

/** Whether this machine has the browser that `openPage` starts; see CONTRIBUTING.md. */
export const hasBrowser = (): boolean => existsSync(CHROMIUM);

/** What a browser shows of a report. */
export interface ShownPage {
  /** Everything that the page asked for, itself included. */
  readonly requests: readonly string[];
  /** Errors and warnings of the console, exceptions and dialogs. */
  readonly complaints: readonly string[];
  /** Rows of each table by its caption; texts of the cells. */
  readonly tables: Readonly<Record<string, readonly (readonly string[])[]>>;
  readonly tiles: Readonly<Record<string, string>>;
  readonly text: string;
  readonly images: number;
  /** Element names that the page has. */
  readonly elements: readonly string[];
  /** Drawings without a title or a description, images without a text, tables without a caption, repeated ids. */
  readonly unnamed: readonly string[];
  /** Pixels by which the page is wider than a phone. */
  readonly overflow: number;
  readonly backgrounds: { readonly light: string; readonly dark: string };
}

/** Runs in the page, which has no types here. */
const LOOK = `(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const textOf = (element) => element.textContent.trim();
  const ids = all('[id]').map(({ id }) => id);
  return {
    tables: Object.fromEntries(all('table').map((table) => [
      textOf(table.querySelector('caption')),
      [...table.querySelectorAll('tbody tr')].map((row) => [...row.children].map(textOf)),
    ])),
    tiles: Object.fromEntries(all('.tiles div').map((tile) => [textOf(tile.children[0]), textOf(tile.children[1])])),
    text: document.body.textContent,
    images: all('img').filter((image) => image.complete && image.naturalWidth > 0).length,
    elements: [...new Set(all('*').map(({ localName }) => localName))],
    unnamed: [
      ...all('svg[role=img]').filter((svg) => svg.getAttribute('aria-labelledby').split(' ')
        .some((id) => !document.getElementById(id)?.textContent)).map(() => 'svg'),
      ...all('svg:not([role=img]):not([aria-hidden])').map(() => 'svg without a role'),
      ...all('img:not([alt])').map(() => 'img'),
      ...all('table').filter((table) => !table.caption).map(() => 'table'),
      ...ids.filter((id, at) => ids.indexOf(id) !== at),
    ],
    overflow: document.documentElement.scrollWidth - innerWidth,
  };
})()`;

const BACKGROUND = 'getComputedStyle(document.body).backgroundColor';

/** Opens a page in Chromium as a phone would, in light and dark. Nothing but the page itself can be reached. */
export async function openPage(path: string): Promise<ShownPage> {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu'],
  });
  onTestFinished(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 390, height: 800 } });
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith('data:')) requests.push(request.url());
  });
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => {
    complaints.push(dialog.message());
    void dialog.dismiss();
  });
  await page.route('**', (route) =>
    route.request().url().startsWith('file:') ? route.continue() : route.abort(),
  );
  await page.goto(pathToFileURL(path).href);
  const shown = (await page.evaluate(LOOK)) as Omit<ShownPage, 'requests' | 'complaints' | 'backgrounds'>;
  const background = async (colorScheme: 'light' | 'dark'): Promise<string> => {
    await page.emulateMedia({ colorScheme });
    return (await page.evaluate(BACKGROUND)) as string;
  };
  const backgrounds = { light: await background('light'), dark: await background('dark') };
  await browser.close();
  return { ...shown, requests, complaints, backgrounds };
}
