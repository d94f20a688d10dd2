// Lighthouse's accessibility score of pages that ask for a session: its own tab of a browser that has one.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium as playwright } from '@playwright/test';
import { chromium } from './browser.ts';

export interface Cookie {
  name: string;
  value: string;
  url: string;
  secure: boolean;
  httpOnly: boolean;
  sameSite: 'Strict' | 'Lax' | 'None';
}

/** The score of each address, and the audits that cost points. */
export async function lighthouseScores(folder: string, visits: readonly { url: string; cookies: readonly Cookie[] }[]): Promise<{ url: string; score: number; lost: string[] }[]> {
  const { default: lighthouse } = await import('lighthouse');
  const { executablePath, args } = chromium.launchOptions;
  const context = await playwright.launchPersistentContext(join(folder, 'lighthouse'), {
    executablePath,
    args: [...args, '--remote-debugging-port=0', '--ignore-certificate-errors'],
  });
  try {
    const port = Number(readFileSync(join(folder, 'lighthouse/DevToolsActivePort'), 'utf8').split('\n')[0]);
    const scores = [];
    for (const { url, cookies } of visits) {
      await context.clearCookies();
      await context.addCookies([...cookies]);
      const flags = { port, onlyCategories: ['accessibility'], disableStorageReset: true, formFactor: 'desktop', screenEmulation: { disabled: true }, logLevel: 'silent' } as const;
      const result = await lighthouse(url, { ...flags, onlyCategories: [...flags.onlyCategories] });
      const lhr = result?.lhr;
      const at = lhr?.finalDisplayedUrl ?? '';
      if (at !== url) throw new Error(`Lighthouse was asked for ${url} and looked at ${at}`);
      const lost = Object.values(lhr?.audits ?? {}).filter(({ score, scoreDisplayMode }) => scoreDisplayMode === 'binary' && score === 0);
      scores.push({ url, score: Math.round((lhr?.categories['accessibility']?.score ?? 0) * 100), lost: lost.map(({ id }) => id) });
    }
    return scores;
  } finally {
    await context.close();
  }
}
