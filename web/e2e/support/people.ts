// What a person does on either app's doorstep: set-up, sign-in, or arriving with a session.
import type { Page } from '@playwright/test';
import { securityUser } from './api.ts';
import { account, expect, type Gateway, type Hub } from './system.ts';

type App = Gateway | Hub;

/** Signed in: the app's frame is there, on any width of screen. */
async function expectInside(page: Page): Promise<void> {
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeAttached();
}

/** First run in the browser: the code from the console, the first accounts one after the other, and in as the last of them. */
export async function setUp(page: Page, app: App): Promise<void> {
  await page.goto(app.url);
  await page.getByLabel('Set-up code').fill(await app.setupCode());
  await page.getByRole('button', { name: 'Continue' }).click();
  const users = (await page.getByText('Step 2 of 3').isVisible()) ? [securityUser, account.user] : [account.user];
  for (const user of users) {
    await page.getByLabel('User name').fill(user);
    await page.getByLabel('Password', { exact: true }).fill(account.password);
    await page.getByRole('button', { name: user === users.at(-1) ? /^Create the accounts?$/ : 'Continue' }).click();
  }
  await expectInside(page);
}

export async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
}

export async function signIn(page: Page): Promise<void> {
  await signInAs(page, account);
}

/** Signs somebody in, with a second factor's code where one is asked for. */
export async function signInAs(page: Page, who: { user: string; password: string }, code?: string): Promise<void> {
  await page.getByLabel('User name').fill(who.user);
  await page.getByLabel('Password', { exact: true }).fill(who.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  if (code !== undefined) {
    await page.getByLabel('Code').fill(code);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  }
  await expectInside(page);
}

/** Makes the first account through the API and gives its session to the browser. */
export async function arriveSignedIn(page: Page, app: App): Promise<void> {
  await app.api.setUp(account);
  const cookies = await app.api.cookies();
  await page.context().addCookies(
    cookies.map(({ name, value, secure, httpOnly, sameSite }) => ({ name, value, secure, httpOnly, sameSite, url: app.url })),
  );
  await page.goto(app.url);
  await expectInside(page);
}

/** A second browser of its own: cookies know hosts, not ports, and both apps are on the loopback host. */
export async function elsewhere(page: Page): Promise<Page> {
  const browser = page.context().browser();
  if (!browser) throw new Error('no browser');
  const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-GB', viewport: page.viewportSize() });
  return context.newPage();
}
