// Sign-in by an identity provider that nobody here wrote: invited, in by it, out, in again, unlinked.
import type { Page } from '@playwright/test';
import { expectAccessible } from '../support/axe.ts';
import { arriveSignedIn, elsewhere, signOut } from '../support/people.ts';
import { IdentityProvider } from '../support/provider.ts';
import { account, expect, test as base, watchFaults } from '../support/system.ts';
import { totp } from '../support/second-factor.ts';

const test = base.extend<{ provider: IdentityProvider }>({
  provider: async ({}, use) => {
    const provider = await IdentityProvider.start();
    await use(provider);
    await provider.stop();
  },
  hubConfig: async ({ provider, folder }, use) => use(provider.settings(folder)),
});

const inside = (page: Page) => expect(page.getByRole('link', { name: 'Skip to content' })).toBeAttached();
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

test('invited, in by the provider without a password, out, and in again', async ({ page, hub, provider }) => {
  await hub.api.setUp(account);
  provider.serve(hub.url);
  const { url } = await hub.api.post<{ url: string }>('/invitations', { profile: 'auditor' });
  await page.goto(url);
  await button(page, 'Make the account with Port account').click();
  await expect(page.getByLabel('Name to sign in with')).toHaveAttribute('aria-invalid', 'true');
  await page.getByLabel('Name to sign in with').fill('léa');
  await expectAccessible(page, 'an invitation with a provider');
  await button(page, 'Make the account with Port account').click();
  await inside(page);
  await expect(page.getByRole('link', { name: 'léa' })).toBeVisible();

  await page.goto(`${hub.url}/account`);
  await expect(page.getByText('You have no password: you come in by an identity provider.').first()).toBeVisible();
  await expect(page.getByText('by Port account')).toBeVisible();
  await expect(page.getByRole('rowheader', { name: 'Port account', exact: true })).toBeVisible();
  await expectAccessible(page, 'My account with an identity');
  // The only way in stays.
  await page.getByRole('button', { name: /^Unlink Port account/ }).click();
  const dialog = page.getByRole('dialog', { name: 'Unlink Port account?' });
  await dialog.getByRole('button', { name: 'Unlink' }).click();
  await expect(dialog.getByText('You would have no way in any more.')).toBeVisible();
  await dialog.getByRole('button', { name: 'Cancel' }).click();

  await signOut(page);
  await expectAccessible(page, 'sign-in with a provider');
  await button(page, 'Sign in with Port account').click();
  await inside(page);
  await expect(page.getByRole('link', { name: 'léa' })).toBeVisible();
});

test('whom nobody linked does not come in; an owner links and unlinks on My account', async ({ page, hub, provider }) => {
  await hub.api.setUp(account);
  provider.serve(hub.url);
  await page.goto(hub.url);
  await button(page, 'Sign in with Port account').click();
  await expect(page.getByRole('alert')).toContainText('The identity provider knows you, but nobody here does.');
  await expectAccessible(page, 'refused');

  await page.getByLabel('User name').fill(account.user);
  await page.getByLabel('Password', { exact: true }).fill(account.password);
  await button(page, 'Sign in').click();
  await inside(page);
  await page.goto(`${hub.url}/account`);
  await button(page, 'Link Port account').click();
  await page.getByLabel('Your password, once more').fill(account.password);
  await button(page, 'Go there').click();
  await expect(page.getByText('Port account opens your account from now on.')).toBeVisible();
  await expect(page.getByRole('rowheader', { name: 'Port account', exact: true })).toBeVisible();

  const other = await elsewhere(page);
  const faults = watchFaults(other);
  await other.goto(hub.url);
  await button(other, 'Sign in with Port account').click();
  await inside(other);

  await page.getByRole('button', { name: /^Unlink Port account/ }).click();
  const dialog = page.getByRole('dialog', { name: 'Unlink Port account?' });
  await dialog.getByLabel('Your password, once more').fill(account.password);
  await dialog.getByRole('button', { name: 'Unlink' }).click();
  await expect(page.getByText('Port account is unlinked.')).toBeVisible();
  await expect(page.getByRole('rowheader', { name: 'Port account', exact: true })).toHaveCount(0);

  await other.reload();
  await expect(other.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await button(other, 'Sign in with Port account').click();
  await expect(other.getByRole('alert')).toContainText('nobody here does');
  expect(faults).toEqual([]);
  await other.context().close();
});

test('whoever has a second factor here gives it after the provider', async ({ page, hub, provider }) => {
  await arriveSignedIn(page, hub);
  provider.serve(hub.url);
  const { ceremony, secret } = await hub.api.post<{ ceremony: string; secret: string }>('/account/totp', { password: account.password });
  const key = secret.replaceAll(' ', '');
  await hub.api.post('/account/totp/confirmation', { ceremony, code: totp(key, Date.now()) });
  await page.goto(`${hub.url}/account`);
  await button(page, 'Link Port account').click();
  await page.getByLabel('Your password, once more').fill(account.password);
  await button(page, 'Go there').click();
  await expect(page.getByText('Port account opens your account from now on.')).toBeVisible();

  await signOut(page);
  await button(page, 'Sign in with Port account').click();
  await expect(page.getByRole('heading', { name: 'Second factor' })).toBeVisible();
  await expect(page.getByText('The identity provider knows you.')).toBeVisible();
  await expectAccessible(page, 'the code after the provider');
  await page.getByLabel('Code').fill('000000');
  await button(page, 'Sign in').click();
  await expect(page.getByText('This code is wrong, or it was used before.')).toBeVisible();
  await page.getByLabel('Code').fill(totp(key, Date.now() + 30_000));
  await button(page, 'Sign in').click();
  await inside(page);
  expect(new URL(page.url()).search).toBe('');
});

test('what the provider says when it refuses comes back in words, in French too', async ({ page, hub, provider }) => {
  await hub.api.setUp(account);
  provider.serve(hub.url);
  provider.person = null;
  await page.goto(hub.url);
  await button(page, 'Sign in with Port account').click();
  await expect(page.getByRole('alert')).toContainText('You, or the identity provider, said no.');
  await expect(page.locator('body')).not.toContainText('<b>');
  await page.getByLabel('Language').selectOption('fr');
  await expect(page.getByRole('alert')).toContainText('Vous, ou le fournisseur d’identité, avez dit non.');
  // Whoever writes an address by hand gets our words and no others.
  await page.goto(`${hub.url}/?refused=%3Cb%3ECall%20me%3C%2Fb%3E`);
  await expect(page.getByRole('alert')).toContainText('Quelque chose n’a pas marché.');
  await expect(page.getByRole('alert')).not.toContainText('Call me');
});
