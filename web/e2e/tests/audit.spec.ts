// The audit trail in the browser: what an administrator changed is read, verified, taken out, and set by Cyber security.
import { readFileSync } from 'node:fs';
import { expectAccessible } from '../support/axe.ts';
import { securityUser } from '../support/api.ts';
import { expectNoSidewaysScroll, phone } from '../support/layout.ts';
import { account, expect, test } from '../support/system.ts';

test('the audit trail says who changed what, holds, and can be taken out', async ({ page, gateway }) => {
  await gateway.api.setUp(account);
  await gateway.api.put('/site', { name: 'Quai Nord', time_zone: 'Europe/Paris', country: 'FR' });
  await gateway.api.put('/site', { name: 'Quai Sud', time_zone: 'Europe/Paris', country: 'FR' });

  await page.goto(gateway.url);
  await page.getByLabel('User name').fill(securityUser);
  await page.getByLabel('Password', { exact: true }).fill(account.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeAttached();
  await page.goto(`${gateway.url}/security/audit`);

  // Who, what, before and after.
  await page.getByRole('textbox', { name: 'Text' }).fill('Quai Sud');
  await page.getByRole('button', { name: 'Filter' }).click();
  const row = page.getByRole('row').filter({ hasText: 'Setting site changed' });
  await expect(row).toContainText(account.user);
  await row.getByRole('button', { name: /Show record/ }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('row', { name: /name Quai Nord Quai Sud/ })).toBeVisible();
  await page.keyboard.press('Escape');

  // Is it whole?
  await page.getByRole('button', { name: 'Verify now' }).click();
  await expect(page.getByText(/^Whole: \d+ records, 1 to \d+/)).toBeVisible();

  // Taken out, and whole again at another desk: an export is a head kept elsewhere.
  await page.getByRole('button', { name: 'All records' }).click();
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'JSON lines, signed' }).click();
  const path = await (await download).path();
  expect(readFileSync(path, 'utf8').split('\n')[0]).toContain('"haubert_audit":1');
  await page.getByLabel(/Heads kept elsewhere/).setInputFiles(path);
  await page.getByRole('button', { name: 'Verify now' }).click();
  await expect(page.getByText(/1 head given; the newest that agrees is of record \d+/)).toBeVisible();
  await page.getByText('More filters').click();
  await page.getByRole('textbox', { name: 'Action' }).fill('audit_exported');
  await page.getByRole('button', { name: 'Filter' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'Audit trail exported' })).toContainText(securityUser);

  // How long: what is not allowed is said beside its field, and the change is itself recorded.
  await page.getByLabel('Days kept').fill('30');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('90 to 3650 days.', { exact: true })).toBeVisible();
  await page.getByLabel('Days kept').fill('400');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByRole('textbox', { name: 'Action' }).fill('created');
  await page.getByRole('textbox', { name: 'Text' }).fill('keep_days');
  await page.getByRole('button', { name: 'Filter' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'Setting audit created' })).toContainText(securityUser);

  await expectAccessible(page, 'the audit trail');
  await page.setViewportSize(phone);
  await expectNoSidewaysScroll(page, 'the audit trail');
});
