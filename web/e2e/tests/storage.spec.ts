// The storage key, the recovery key on paper, a backup that leaves as a file and comes back, and the end.
import { readFileSync, writeFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { securityUser } from '../support/api.ts';
import { account, expect, type Gateway, test } from '../support/system.ts';

const PASSPHRASE = 'a passphrase of some length';

/** Signed in as Cyber security, on the page of the storage. */
async function atStorage(page: Page, gateway: Gateway): Promise<void> {
  await gateway.api.setUp(account);
  const site = await gateway.api.get<object>('/site');
  await gateway.api.put('/site', { ...site, name: 'Quai' });
  await page.goto(gateway.url);
  await page.getByLabel('User name').fill(securityUser);
  await page.getByLabel('Password', { exact: true }).fill(account.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeAttached();
  await page.goto(`${gateway.url}/security/storage`);
  await expect(page.getByRole('heading', { name: 'Storage and backup', level: 1 })).toBeVisible();
}

test('the page says where the key is, and changes it', async ({ page, gateway }) => {
  await atStorage(page, gateway);
  const panel = page.getByRole('region', { name: 'Storage key' });
  await expect(panel).toContainText('in a file that only the gateway’s user reads');
  await expect(panel).toContainText('Does not protect against:');
  const mark = panel.locator('dt', { hasText: 'Mark of the key' }).locator('xpath=following-sibling::dd');
  const before = await mark.textContent();
  await panel.getByRole('button', { name: 'Change the key' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Change the key' }).click();
  await expect(page.getByText('The storage key was changed, and the old one destroyed.')).toBeVisible({ timeout: 60_000 });
  await expect(mark).not.toHaveText(before ?? '');
});

test('a recovery key is shown once, a backup leaves, and comes back', async ({ page, gateway }, info) => {
  await atStorage(page, gateway);
  await page.getByRole('button', { name: 'Make a recovery key' }).click();
  const ask = page.getByRole('dialog', { name: 'Make a recovery key' });
  await ask.getByLabel('Your password', { exact: true }).fill('not it');
  await ask.getByRole('button', { name: 'Make a recovery key' }).click();
  await expect(ask.getByText('This is not your password.').first()).toBeVisible();
  await ask.getByLabel('Your password', { exact: true }).fill(account.password);
  await ask.getByRole('button', { name: 'Make a recovery key' }).click();
  const paper = page.getByRole('dialog', { name: 'Recovery key, shown once' });
  const list = paper.getByRole('list', { name: 'Recovery key' }).getByRole('listitem');
  await expect(list).toHaveCount(8);
  const groups = await list.allTextContents();
  await expect(paper.getByRole('button', { name: 'I have it on paper' })).toBeDisabled();
  await paper.getByLabel('Last group, from your paper').fill((groups[7] ?? '').toLowerCase());
  await paper.getByRole('button', { name: 'I have it on paper' }).click();
  await expect(page.getByRole('region', { name: 'Recovery key', exact: true })).toContainText('made');

  const backup = page.getByRole('region', { name: 'Backup', exact: true });
  await backup.getByLabel('Passphrase', { exact: true }).fill('short');
  await backup.getByRole('button', { name: 'Make a backup' }).click();
  await expect(backup.getByText('Between 12 and 256 characters.')).toBeVisible();
  await backup.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE);
  await backup.getByLabel('Passphrase, once more').fill(PASSPHRASE);
  const arriving = page.waitForEvent('download');
  await backup.getByRole('button', { name: 'Make a backup' }).click();
  const file = await arriving;
  expect(file.suggestedFilename()).toMatch(/\.haubert-backup$/);
  const bytes = readFileSync(await file.path());
  await expect(backup).toContainText('Last made');

  // A damaged copy is refused and changes nothing.
  const restore = page.getByRole('region', { name: 'Verify or restore a backup' });
  const damaged = info.outputPath('damaged.haubert-backup');
  const flipped = Buffer.from(bytes);
  flipped[flipped.length >> 1]! ^= 1;
  writeFileSync(damaged, flipped);
  const good = info.outputPath('good.haubert-backup');
  writeFileSync(good, bytes);
  await restore.getByLabel('Choose a file…').setInputFiles(damaged);
  await restore.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE);
  await restore.getByRole('button', { name: 'Read and verify' }).click();
  await expect(restore.getByText('This file cannot be restored; nothing was changed')).toBeVisible();
  await expect(restore).toContainText('It is damaged');

  await gateway.api.put('/site', { ...(await gateway.api.get<object>('/site')), name: 'Neuf' });
  await restore.getByLabel('Choose a file…').setInputFiles(good);
  await restore.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE);
  await restore.getByRole('button', { name: 'Read and verify' }).click();
  await expect(restore.getByText('The backup is whole')).toBeVisible();
  await expect(restore.getByRole('row', { name: /^Site/ })).toContainText('Quai');
  await restore.getByRole('button', { name: 'Restore', exact: true }).click();
  const confirm = page.getByRole('dialog', { name: 'Restore this backup?' });
  await confirm.getByLabel(/Name of the site/).fill('Quai');
  await confirm.getByLabel('Your password', { exact: true }).fill(account.password);
  await confirm.getByRole('button', { name: 'Restore', exact: true }).click();
  await expect(confirm.getByText('This is not the name of the site.').first()).toBeVisible();
  await confirm.getByLabel(/Name of the site/).fill('Neuf');
  await confirm.getByRole('button', { name: 'Restore', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible({ timeout: 60_000 });
});

test('everything is destroyed when its name and a password are given', async ({ page, gateway }) => {
  await atStorage(page, gateway);
  await page.getByRole('button', { name: 'Destroy everything' }).click();
  const confirm = page.getByRole('dialog', { name: 'Destroy everything on this gateway?' });
  await confirm.getByLabel(/Name of the site/).fill('Quai');
  await confirm.getByLabel('Your password', { exact: true }).fill(account.password);
  await confirm.getByRole('button', { name: 'Destroy everything' }).click();
  await expect(page.getByLabel('Set-up code')).toBeVisible({ timeout: 60_000 });
});
