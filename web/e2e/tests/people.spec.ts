// People at the door of the real gateway: second factors, lock-out, sessions, profiles.
import { type Browser, type BrowserContext, type Page, type CDPSession, request } from '@playwright/test';
import { securityUser } from '../support/api.ts';
import { expectAccessible } from '../support/axe.ts';
import { signInAs, signOut } from '../support/people.ts';
import { account, expect, type Gateway, test, watchFaults } from '../support/system.ts';
import { totp } from '../support/totp.ts';

/** Under a name: WebAuthn knows no addresses. */
const named = (gateway: Gateway) => gateway.url.replace('127.0.0.1', 'localhost');
const security = { user: securityUser, password: account.password };

async function start(page: Page, gateway: Gateway): Promise<void> {
  await gateway.api.setUp(account);
  await page.goto(named(gateway));
}

async function again(page: Page, password: string): Promise<void> {
  await page.getByLabel('Your password, once more').fill(password);
  await page.getByRole('dialog').getByRole('button', { name: 'Continue' }).click();
}

/** Sets up an app on “My account”; gives its secret and the recovery codes. */
async function addApp(page: Page, password: string): Promise<{ secret: string; codes: string[]; used: string }> {
  await page.getByRole('button', { name: 'Set up an app' }).click();
  await again(page, password);
  await expect(page.getByRole('img', { name: 'QR code for the app' })).toBeVisible();
  const secret = (await page.locator('code.key').innerText()).replaceAll(' ', '');
  const used = totp(secret, Date.now());
  await page.getByLabel('Code of the app').fill(used);
  await page.getByRole('button', { name: 'Confirm' }).click();
  const codes = await page.getByRole('dialog', { name: 'Your recovery codes' }).locator('li').allInnerTexts();
  await page.getByRole('button', { name: 'I have kept them' }).click();
  return { secret, codes, used };
}

async function elsewhere(browser: Browser, gateway: Gateway): Promise<{ page: Page; context: BrowserContext; faults: string[] }> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-GB' });
  const page = await context.newPage();
  const faults = watchFaults(page);
  await page.goto(named(gateway));
  return { page, context, faults };
}

/** Chromium's own authenticator, with a finger that is always there. */
async function authenticator(page: Page): Promise<CDPSession> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const options = { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } as const;
  await cdp.send('WebAuthn.addVirtualAuthenticator', { options });
  return cdp;
}

test('a code of an app is asked for after the right password, and counts once', async ({ page, gateway }) => {
  await start(page, gateway);
  await signInAs(page, account);
  await page.getByRole('link', { name: account.user }).click();
  await expect(page.getByRole('heading', { name: 'My account', level: 1 })).toBeVisible();
  const { secret, codes, used } = await addApp(page, account.password);
  expect(codes).toHaveLength(10);
  await expect(page.getByText('10 codes left')).toBeVisible();
  await expectAccessible(page, 'My account');

  await signOut(page);
  await page.getByLabel('User name').fill(account.user);
  await page.getByLabel('Password', { exact: true }).fill(account.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Second factor' })).toBeVisible();
  await expectAccessible(page, 'the code step');
  await page.getByLabel('Code').fill(used);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByText('This code is wrong, or it was used before.')).toBeVisible();
  // The code of the next half minute is taken already: clocks differ.
  await page.getByLabel('Code').fill(totp(secret, Date.now() + 30_000));
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeAttached();

  await signOut(page);
  await signInAs(page, account, codes[0]);
  await page.getByRole('link', { name: account.user }).click();
  await expect(page.getByText('9 codes left')).toBeVisible();
});

test('a passkey signs in by itself; under an address the page says why it cannot', async ({ page, gateway }) => {
  await start(page, gateway);
  await authenticator(page);
  await signInAs(page, account);
  await page.goto(`${named(gateway)}/account`);
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Phone');
  await again(page, account.password);
  await page.getByRole('button', { name: 'I have kept them' }).click();
  await expect(page.getByRole('rowheader', { name: 'Phone' })).toBeVisible();

  await signOut(page);
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await expect(page.getByRole('link', { name: account.user })).toBeVisible();

  await signOut(page);
  await page.goto(gateway.url);
  await expect(page.getByRole('button', { name: 'Sign in with a passkey' })).toHaveCount(0);
  await signInAs(page, security);
  await page.goto(`${gateway.url}/account`);
  await expect(page.getByText('an IP address: browsers allow passkeys only under a host name')).toBeVisible();
  // Whoever keeps the accounts helps somebody who lost the phone.
  await page.goto(`${gateway.url}/security/accounts`);
  await page.getByRole('button', { name: `Remove second factors of ${account.user}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await expect(page.getByText(`The second factors of ${account.user} are removed.`)).toBeVisible();
  await signOut(page);
  await signInAs(page, account);
});

test('three wrong passwords lock out the right one, and Cyber security lifts it', async ({ page, gateway }) => {
  await start(page, gateway);
  for (let tries = 0; tries < 3; tries += 1) {
    await page.getByLabel('User name').fill(account.user);
    await page.getByLabel('Password', { exact: true }).fill(`wrong ${tries}`);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expect(page.getByText('This user name and password do not go together.')).toBeVisible();
    await page.reload();
  }
  await page.getByLabel('User name').fill(account.user);
  await page.getByLabel('Password', { exact: true }).fill(account.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByText('Sign-in is blocked for now')).toBeVisible();
  await expect(page.getByText(/refused for another (59|60) minutes/)).toBeVisible();
  await expectAccessible(page, 'locked out');

  await signInAs(page, security);
  await page.goto(`${named(gateway)}/security/accounts`);
  await expect(page.getByRole('row', { name: new RegExp(account.user) }).getByText('locked out')).toBeVisible();
  await page.getByRole('button', { name: /^Lift: first\.admin from/ }).click();
  await expect(page.getByText('Nobody is locked out')).toBeVisible();
  await signOut(page);
  await signInAs(page, account);
});

test('a one-time password opens one page, and a revoked session dies', async ({ page, browser, gateway }) => {
  await start(page, gateway);
  await signInAs(page, security);
  await page.goto(`${named(gateway)}/security/accounts`);
  await page.getByRole('button', { name: 'Add an account' }).click();
  await page.getByLabel('User name').fill('ana');
  await page.getByLabel('Profile').selectOption('user');
  await page.getByRole('button', { name: 'Create the account' }).click();
  const given = await page.getByLabel('One-time password', { exact: true }).last().innerText();
  await page.getByRole('button', { name: 'I have it' }).click();
  await expect(page.getByRole('row', { name: /ana/ }).getByText('has a one-time password')).toBeVisible();

  const ana = await elsewhere(browser, gateway);
  await ana.page.getByLabel('User name').fill('ana');
  await ana.page.getByLabel('Password', { exact: true }).fill(given);
  await ana.page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(ana.page.getByRole('heading', { name: 'Choose a password of your own' })).toBeVisible();
  await expectAccessible(ana.page, 'the forced change');
  expect(await status(ana.context, gateway, 'GET', '/live')).toBe(403);
  await ana.page.getByLabel('Password', { exact: true }).fill(given);
  await ana.page.getByLabel('New password').fill('Bollard-22-Sextant');
  await ana.page.getByRole('button', { name: 'Change the password' }).click();
  await expect(ana.page.getByRole('link', { name: 'Skip to content' })).toBeAttached();
  expect(await status(ana.context, gateway, 'GET', '/live')).toBe(200);
  // A user looks: no security pages, no change, whatever is asked directly.
  await expect(ana.page.getByRole('link', { name: 'Live', exact: true })).toBeVisible();
  await expect(ana.page.getByRole('link', { name: 'Firewall' })).toHaveCount(0);
  expect(await status(ana.context, gateway, 'GET', '/accounts')).toBe(403);
  expect(await status(ana.context, gateway, 'PUT', '/site')).toBe(403);

  await page.goto(`${named(gateway)}/security/accounts?view=sessions`);
  await page.getByRole('button', { name: /^End the session of ana/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'End', exact: true }).click();
  await expect(page.getByText('The session has ended.')).toBeVisible();
  expect(await status(ana.context, gateway, 'GET', '/session')).toBe(401);
  await ana.page.goto(`${named(gateway)}/live`);
  await expect(ana.page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  expect(ana.faults).toEqual([]);
  await ana.context.close();
});

test('profiles see what they may, and the table that decides shows an edit before it counts', async ({ page, browser, gateway }) => {
  await start(page, gateway);
  await signInAs(page, security);
  const admin = await elsewhere(browser, gateway);
  await signInAs(admin.page, account);
  await expect(admin.page.getByRole('link', { name: 'Accounts' })).toHaveCount(0);
  expect(await status(admin.context, gateway, 'GET', '/events')).toBe(200);

  await page.goto(`${named(gateway)}/security/accounts?view=permissions`);
  await expectAccessible(page, 'permissions');
  const mark = page.getByRole('checkbox', { name: 'Administrator, Events: look' });
  await mark.uncheck();
  await page.getByRole('button', { name: 'Review 1 change' }).click();
  await expect(page.getByText('Administrator loses “Events: look”')).toBeVisible();
  await page.getByRole('button', { name: 'Put in force' }).click();
  await expect(page.getByText('The table is in force.')).toBeVisible();
  // What the profile may has changed: its sessions are over, and new ones may less.
  expect(await status(admin.context, gateway, 'GET', '/events')).toBe(401);
  await admin.page.reload();
  await signInAs(admin.page, account);
  expect(await status(admin.context, gateway, 'GET', '/events')).toBe(403);
  expect(await status(admin.context, gateway, 'GET', '/live')).toBe(200);
  await page.getByRole('button', { name: 'As shipped' }).click();
  await page.getByRole('button', { name: 'Review 1 change' }).click();
  await page.getByRole('button', { name: 'Put in force' }).click();
  await expect.poll(() => status(admin.context, gateway, 'GET', '/events')).toBe(401);
  await admin.page.reload();
  await signInAs(admin.page, account);

  await page.goto(`${named(gateway)}/security/accounts?view=rules`);
  await page.getByRole('checkbox', { name: 'Administrator' }).check();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('The rules are in force.')).toBeVisible();
  await admin.page.reload();
  await expect(admin.page.getByRole('heading', { name: 'Add a second factor' })).toBeVisible();
  await addApp(admin.page, account.password);
  await expect(admin.page.getByRole('link', { name: 'Skip to content' })).toBeAttached();
  expect(admin.faults).toEqual([]);
  await admin.context.close();
});

/** What the API answers to whoever holds these cookies, past the page. */
async function status(context: BrowserContext, gateway: Gateway, method: string, path: string): Promise<number> {
  const api = await request.newContext({ ignoreHTTPSErrors: true, storageState: await context.storageState() });
  const answer = await api.fetch(`${named(gateway)}/api/v1${path}`, { method, headers: { 'X-Haubert-Request': '1' }, ...(method === 'GET' ? {} : { data: {} }) });
  await api.dispose();
  return answer.status();
}
