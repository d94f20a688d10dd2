// The main tasks without a mouse: sign in, find meters and add them.
import { press, type } from '../support/keyboard.ts';
import { account, expect, test } from '../support/system.ts';

test('sign-in and discovery by keyboard alone', async ({ page, gateway, plant }) => {
  test.setTimeout(180_000);
  await gateway.api.setUp(account);
  await page.goto(gateway.url);
  await type(page, page.getByLabel('User name'), account.user);
  await type(page, page.getByLabel('Password', { exact: true }), account.password);
  await page.keyboard.press('Enter');

  await press(page, page.getByRole('link', { name: 'Find meters' }));
  const { tcp } = plant;
  await type(page, page.getByLabel('Address', { exact: true }), tcp.host);
  await type(page, page.getByLabel('Port', { exact: true }), String(tcp.port));
  await type(page, page.getByLabel('First unit id'), '1');
  await type(page, page.getByLabel('Last unit id'), String(tcp.devices.length + 1));
  await press(page, page.getByRole('button', { name: 'Start looking' }));
  const add = page.getByRole('button', { name: `Add ${tcp.devices.length} meters` });
  await expect(add).toBeVisible({ timeout: 60_000 });
  await press(page, add);
  await expect(page.getByRole('heading', { name: 'Sources', level: 1 })).toBeVisible();
});
