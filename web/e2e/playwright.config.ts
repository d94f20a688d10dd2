// The walks drive real binaries, each test with a system of its own (see support/system.ts). One worker: a test is
// several processes and a browser already. No retries: a test that needs one hides a defect.
import { defineConfig } from '@playwright/test';
import { chromium } from './support/browser.ts';

export default defineConfig({
  testDir: './tests',
  outputDir: './test-results',
  workers: 1,
  retries: 0,
  forbidOnly: true,
  reporter: 'list',
  timeout: 120_000,
  expect: { timeout: 15_000 },
  use: {
    ...chromium,
    locale: 'en-GB',
    timezoneId: 'Europe/Paris',
    viewport: { width: 1440, height: 900 },
    ignoreHTTPSErrors: true,
    actionTimeout: 15_000,
    navigationTimeout: 15_000,
    trace: 'off',
    screenshot: 'only-on-failure',
  },
});
