// Pictures for the README and the documents, from a demo that is running: `npm run screenshots -w e2e`.
import { defineConfig } from '@playwright/test';
import { chromium } from './support/browser.ts';

export default defineConfig({
  testDir: './screenshots',
  outputDir: './test-results',
  workers: 1,
  retries: 0,
  reporter: 'list',
  timeout: 180_000,
  expect: { timeout: 15_000 },
  use: { ...chromium, actionTimeout: 15_000, locale: 'en-GB', timezoneId: 'Europe/Paris', ignoreHTTPSErrors: true },
});
