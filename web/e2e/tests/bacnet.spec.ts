// The BACnet/IP server in the browser: allowed by the keeper, switched on by the administrator, tried, and found by a client that knows nothing of it.
import { expectAccessible } from '../support/axe.ts';
import { whoIs } from '../support/bacnet.ts';
import { open } from '../support/gateway.ts';
import { expectNoSidewaysScroll, phone } from '../support/layout.ts';
import { allowOutlet } from '../support/outlets.ts';
import { arriveSignedIn } from '../support/people.ts';
import { account, expect, test } from '../support/system.ts';

test('a building management system reads the gateway by BACnet/IP', async ({ page, gateway, plant }) => {
  test.setTimeout(240_000);
  await gateway.api.setUp(account);
  await gateway.api.addPlant(plant);
  await arriveSignedIn(page, gateway);
  await open(page, 'BACnet/IP server');
  await expect(page.getByRole('heading', { name: 'BACnet/IP server', level: 1 })).toBeVisible();
  const enabled = page.getByLabel('Answer by BACnet/IP', { exact: true });
  const save = page.getByRole('button', { name: 'Save', exact: true });
  const dialog = page.getByRole('dialog');
  await expect(page.getByText('The security policy forbids this service.')).toBeVisible();
  await expect(page.getByText('It neither authenticates nor encrypts', { exact: false })).toBeVisible();
  await expect(enabled).toBeDisabled();
  await expect(page.getByText('Nobody has asked yet')).toBeVisible();
  await expectAccessible(page, 'the BACnet/IP server, off');

  await allowOutlet(gateway, 'bacnet');
  await expect(enabled).toBeEnabled();
  await enabled.check();
  await page.getByLabel('Network of the meters').fill('65535');
  await save.click();
  await expect(page.getByLabel('Network of the meters')).toBeFocused();
  await expectAccessible(page, 'a number that no network can have');
  await page.getByLabel('Network of the meters').fill('4711');
  await page.getByLabel('Instance of the gateway').fill('200');
  await save.click();
  await expect(page.getByText('Whoever the security policy lets in is answered.')).toBeVisible();
  await expect(page.getByRole('table', { name: 'Meters as devices' }).getByRole('row')).not.toHaveCount(0);

  await page.getByRole('button', { name: 'Test', exact: true }).click();
  await expect(dialog.getByText('The server answers as it should.')).toBeVisible();
  await expect(dialog.getByRole('row', { name: /^Write it: must be refused done Refused, as it should be\.$/ })).toBeVisible();
  await expect(dialog.getByRole('row', { name: /^Ask for the network of the meters done I-Am-Router-To-Network 4711$/ })).toBeVisible();
  await expectAccessible(page, 'a test that goes well');
  await dialog.getByRole('button', { name: 'Close' }).last().click();

  const { address } = await gateway.api.get<{ address: string }>('/outlets/bacnet');
  expect(await whoIs(address)).toBe(200);
  await expect(page.getByRole('table', { name: 'Who asks' }).getByText('127.0.0.1')).toBeVisible();
  await expectAccessible(page, 'the BACnet/IP server at work');

  await page.setViewportSize(phone);
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Diagnostics' })).toBeVisible();
  await expectNoSidewaysScroll(page, 'the BACnet/IP server');
});
