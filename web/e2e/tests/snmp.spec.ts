// The SNMP agent in the browser: allowed by the keeper, given a user and switched on by the administrator, tried, and asked by a manager that nobody here wrote.
import { readFileSync } from 'node:fs';
import { expectAccessible } from '../support/axe.ts';
import { open } from '../support/gateway.ts';
import { expectNoSidewaysScroll, phone } from '../support/layout.ts';
import { allowOutlet } from '../support/outlets.ts';
import { arriveSignedIn } from '../support/people.ts';
import { snmpget, user } from '../support/snmp.ts';
import { account, expect, test } from '../support/system.ts';

test('a supervision reads the gateway by SNMP', async ({ page, gateway, plant }) => {
  test.setTimeout(240_000);
  await gateway.api.setUp(account);
  await gateway.api.addPlant(plant);
  await arriveSignedIn(page, gateway);
  await open(page, 'SNMP agent');
  await expect(page.getByRole('heading', { name: 'SNMP agent', level: 1 })).toBeVisible();
  const enabled = page.getByLabel('Answer by SNMP', { exact: true });
  const save = page.getByRole('button', { name: 'Save', exact: true });
  const dialog = page.getByRole('dialog');
  await expect(page.getByText('The security policy forbids this service.')).toBeVisible();
  await expect(enabled).toBeDisabled();
  await expect(page.getByText('Nobody has asked yet')).toBeVisible();
  await expect(page.getByText('No user yet')).toBeVisible();
  await expectAccessible(page, 'the SNMP agent, off');

  await allowOutlet(gateway, 'snmp');
  await expect(enabled).toBeEnabled();
  await expect(page.getByLabel('Answer SNMPv2c, too', { exact: true })).toBeDisabled();
  await enabled.check();
  await page.getByRole('button', { name: 'Add a user' }).click();
  await page.getByLabel('Name', { exact: true }).fill(user.name);
  await page.getByLabel('Password for authentication').fill('short');
  await page.getByLabel('Password for encryption').fill(user.privacy);
  await save.click();
  await expect(page.getByLabel('Password for authentication')).toBeFocused();
  await expectAccessible(page, 'a password that is too short');
  await page.getByLabel('Password for authentication').fill(user.authentication);
  await page.getByLabel('Place').fill('Quay 4');
  await save.click();
  await expect(page.getByText('Whoever has a user below is answered.')).toBeVisible();
  await expect(page.getByText('Stored. It stays unless you type both passwords anew.').first()).toBeVisible();

  await page.getByRole('button', { name: 'Test', exact: true }).click();
  await expect(dialog.getByText('The agent answers as it should.')).toBeVisible();
  await expect(dialog.getByRole('row', { name: /^Ask without encryption: must be refused done Refused, as it should be\.$/ })).toBeVisible();
  await expectAccessible(page, 'a test that goes well');
  await dialog.getByRole('button', { name: 'Close' }).last().click();

  const { address } = await gateway.api.get<{ address: string }>('/outlets/snmp');
  expect(snmpget(address, '1.3.6.1.2.1.1.6.0')).toBe('"Quay 4"');
  await expect(page.getByRole('table', { name: 'Who asks' }).getByText(user.name)).toBeVisible();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download the MIB' }).click()]);
  expect(readFileSync(await download.path(), 'utf8')).toContain('HAUBERT-MIB DEFINITIONS ::= BEGIN');

  // A receiver that is not there is told of by name, and keeps nothing from working.
  await page.getByRole('button', { name: 'Add a receiver' }).click();
  await page.getByLabel('Name or address').fill('nobody.invalid');
  await save.click();
  await expect(page.getByRole('table', { name: 'What receivers were told' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Test', exact: true })).toBeEnabled();
  await page.getByRole('button', { name: 'Test', exact: true }).click();
  await expect(dialog.getByText('Something did not go as it should.')).toBeVisible();
  await expect(dialog.getByRole('row', { name: /^Tell nobody\.invalid:162, which acknowledges failed / })).toBeVisible();
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await expectAccessible(page, 'the SNMP agent at work');

  await page.setViewportSize(phone);
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Diagnostics' })).toBeVisible();
  await expectNoSidewaysScroll(page, 'the SNMP agent');
});
