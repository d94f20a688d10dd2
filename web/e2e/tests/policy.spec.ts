// The security policy: a switch is compared before it is in force, a change that could lock out is confirmed or comes back, a reference
// architecture shows its difference, a file goes out and in, and what listens is shown.
import { readFile } from 'node:fs/promises';
import { securityUser } from '../support/api.ts';
import { expectAccessible } from '../support/axe.ts';
import { open } from '../support/gateway.ts';
import { account, expect, test } from '../support/system.ts';

test('the keeper switches off, compares, confirms and carries the policy away', async ({ page, gateway, plant }) => {
  test.setTimeout(240_000);
  await gateway.api.setUp(account);
  await gateway.api.addPlant(plant);
  await page.goto(gateway.url);
  await page.getByLabel('User name').fill(securityUser);
  await page.getByLabel('Password', { exact: true }).fill(account.password);
  await page.getByRole('button', { name: 'Sign in' }).click();

  await open(page, 'Security policy');
  await expect(page.getByRole('heading', { name: 'Security policy', level: 1 })).toBeVisible();
  const listening = page.getByRole('table', { name: 'Listening sockets' });
  await expect(listening.getByRole('row')).toHaveCount(2);
  await expect(listening).toContainText('https');
  await expect(page.getByRole('table', { name: 'Outgoing connections' })).toContainText('Plant');
  await expectAccessible(page, 'security policy');

  // Nothing happens before the difference was seen.
  await page.getByLabel('Modbus TCP', { exact: true }).uncheck();
  await page.getByRole('button', { name: 'Review 1 change' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('row', { name: /Modbus TCP/ })).toContainText(/on.*off/);
  await expect(dialog.getByText(/Modbus TCP stops/)).toContainText(/1 bus, Plant · \d+ meters/);
  await expectAccessible(page, 'difference');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Review 1 change' }).click();
  await dialog.getByRole('button', { name: 'Put in force' }).click();
  await expect(page.getByText('The policy is in force.')).toBeVisible();
  await expect(page.getByText('The gateway is connected to nothing.')).toBeVisible();
  await page.getByLabel('Modbus TCP', { exact: true }).check();
  await page.getByRole('button', { name: 'Review 1 change' }).click();
  await dialog.getByRole('button', { name: 'Put in force' }).click();
  await expect(page.getByRole('table', { name: 'Outgoing connections' })).toContainText('Plant');

  // A network that is none is told beside its field.
  const sources = page.getByLabel('Addresses allowed for These pages (WEBVIEW)');
  await sources.fill('127.0.0.0/8\n10.0.0.0/99');
  await page.getByRole('button', { name: /Review/ }).click();
  await expect(page.getByText('This value is not valid.')).toBeVisible();

  // Fewer may come: on trial until it is confirmed by somebody who still comes in.
  await sources.fill('127.0.0.0/8');
  await page.getByRole('button', { name: /Review/ }).click();
  await expect(dialog.getByText('You will have to confirm')).toBeVisible();
  await dialog.getByRole('button', { name: 'Put in force' }).click();
  await expect(page.getByText('This policy is on trial')).toBeVisible();
  await expect(page.getByText(/comes back in [01]:\d\d/)).toBeVisible();
  await expectAccessible(page, 'policy on trial');
  await page.getByRole('button', { name: 'Keep this policy' }).click();
  await expect(page.getByText('The policy stays.')).toBeVisible();
  await expect(page.getByText('This policy is on trial')).toHaveCount(0);

  // A reference architecture; taken back at once.
  await page.getByRole('button', { name: 'Compare Local access' }).click();
  await expect(dialog.getByRole('row', { name: /API for programs/ })).toContainText(/on.*off/);
  await expect(dialog.getByRole('row', { name: /Search for meters/ })).toContainText(/on.*off/);
  await dialog.getByRole('button', { name: 'Put in force' }).click();
  await page.getByRole('button', { name: 'Take it back now' }).click();
  await expect(page.getByText('The policy before is in force again.')).toBeVisible();

  // Out as a file, and in again with a fault and without.
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Export', exact: true }).click()]);
  const file = await readFile(await download.path(), 'utf8');
  expect(file).toContain('sources = ["127.0.0.0/8"]');
  const give = (text: string) => page.locator('input[type=file]').setInputFiles({ name: 'policy.toml', mimeType: 'application/toml', buffer: Buffer.from(text) });
  await give(file.replace('[services.usb]\nenabled = false', '[services.usb]\nenabled = maybe'));
  await expect(page.getByText(/policy\.toml, line \d+:/)).toBeVisible();
  await give(file.replace('[services.exports]\nenabled = true', '[services.exports]\nenabled = false'));
  await expect(dialog.getByRole('row', { name: /Exports by hand/ })).toContainText(/on.*off/);
  await dialog.getByRole('button', { name: 'Put in force' }).click();
  await expect(page.getByText('The policy is in force.').last()).toBeVisible();
  await expect(page.getByLabel('Exports by hand', { exact: true })).not.toBeChecked();
});
