// What a page fetches and what it runs, for the rules that hold on every page: nothing of a foreign origin, no script or style inside
// the page, no finding of axe, of whatever weight.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { RULES, type Scheme } from './axe.ts';

/** Every address that the page has asked for and that is not of `origin`, as it grows. */
export function watchOrigins(page: Page, origin: string): string[] {
  const foreign: string[] = [];
  page.on('request', (request) => {
    const url = new URL(request.url());
    // What the page holds itself travels nowhere.
    if (!['data:', 'blob:'].includes(url.protocol) && url.origin !== new URL(origin).origin) foreign.push(request.url());
  });
  return foreign;
}

/** Scripts and handlers written into the page. */
export function inlineScripts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const scripts = [...document.querySelectorAll('script:not([src])')];
    const handlers = [...document.querySelectorAll('*')].filter((element) => element.getAttributeNames().some((name) => name.startsWith('on')));
    const links = [...document.querySelectorAll('[href^="javascript:" i], [src^="javascript:" i]')];
    return [...scripts, ...handlers, ...links].map(({ outerHTML }) => outerHTML.slice(0, 120));
  });
}

/** All that axe finds. */
export async function axeFindings(page: Page, schemes: readonly Scheme[]): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of schemes) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.waitForFunction(() => document.getAnimations().every(({ playState }) => playState !== 'running'));
    const { violations } = await new AxeBuilder({ page }).withTags([...RULES, 'best-practice']).analyze();
    found.push(...violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${colorScheme}, ${id}: ${html.slice(0, 160)}`)));
  }
  await page.emulateMedia({ colorScheme: null });
  return found;
}
