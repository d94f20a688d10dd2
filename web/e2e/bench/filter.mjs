// Times in the browser what a person does with a large framework: open an assessment, narrow its measures down.
// stdin: {url, user, password, assessments: [id], words: [text]}. stdout: {opened_ms: [number], filtered_ms: [number]}.
import { readFileSync } from 'node:fs';
import { chromium } from '@playwright/test';

const asked = JSON.parse(readFileSync(0, 'utf8'));
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
const page = await browser.newPage({ ignoreHTTPSErrors: true, locale: 'en-GB', viewport: { width: 1440, height: 900 } });
await page.goto(asked.url);
await page.getByLabel('User name').fill(asked.user);
await page.getByLabel('Password', { exact: true }).fill(asked.password);
await page.getByRole('button', { name: 'Sign in', exact: true }).click();
await page.getByRole('link', { name: 'Skip to content' }).waitFor({ state: 'attached' });

/** Types a text at once, and waits until what it leaves has been drawn. */
const narrow = (text) =>
  page.evaluate(async (text) => {
    const field = document.querySelector('input[type=search]');
    const drawn = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    const begun = performance.now();
    field.value = text;
    field.dispatchEvent(new Event('input', { bubbles: true }));
    await drawn();
    return [performance.now() - begun, document.querySelectorAll('details button').length];
  }, text);

/** As a link of the page does. */
const go = (path) =>
  page.evaluate((path) => {
    history.pushState(null, '', path);
    dispatchEvent(new PopStateEvent('popstate'));
  }, path);

/** Follows a link to an assessment, and waits until its measures have been drawn. */
const open = (path) =>
  page.evaluate(
    (path) =>
      new Promise((done) => {
        const begun = performance.now();
        const watch = new MutationObserver(() => {
          if (!document.querySelector('details summary')) return;
          watch.disconnect();
          requestAnimationFrame(() => setTimeout(() => done(performance.now() - begun)));
        });
        watch.observe(document.body, { childList: true, subtree: true });
        history.pushState(null, '', path);
        dispatchEvent(new PopStateEvent('popstate'));
      }),
    path,
  );

/** Until the page has asked for nothing for a while. */
async function standsStill() {
  for (let asked = -1; asked !== requests; await page.waitForTimeout(250)) asked = requests;
}
let requests = 0;
page.on('request', () => (requests += 1));
page.on('requestfinished', () => (requests += 1));

const [opened_ms, filtered_ms] = [[], []];
for (const id of asked.assessments) {
  // Between two assessments a person is on another page, and goes on when it stands there.
  await go('/assessments');
  await page.waitForSelector('details summary', { state: 'detached' });
  await standsStill();
  opened_ms.push(await open(`/assessments/${id}`));
  await page.waitForSelector('details summary');
  await standsStill();
  for (const { text, left } of asked.words) {
    const [ms, found] = await narrow(text);
    if (found !== left) throw new Error(`${found} measures in sight with '${text}', not ${left}`);
    filtered_ms.push(ms);
  }
}
await browser.close();
process.stdout.write(JSON.stringify({ opened_ms, filtered_ms }));
