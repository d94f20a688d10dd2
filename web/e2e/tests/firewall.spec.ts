// The firewall in the browser: a flood from another address is blocked, seen, and lifted; limits are set, and nobody locks oneself out.
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { securityUser } from '../support/api.ts';
import { expectAccessible } from '../support/axe.ts';
import { expectNoSidewaysScroll, phone } from '../support/layout.ts';
import { signInAs } from '../support/people.ts';
import { account, expect, test } from '../support/system.ts';

const plant = resolve(process.env.HAUBERT_BIN_DIR ?? resolve(import.meta.dirname, '../../../target/debug'), 'haubert-plant');

/** Floods the gateway from another address of this machine. */
function flood(url: string, from: string): void {
  const met = spawnSync(plant, ['attack', 'requests', '--target', new URL(url).host, '--from', from, '--seconds', '3'], { encoding: 'utf8' });
  expect(met.status, met.stderr).toBe(0);
}

test('a flood is blocked, shown with the time that is left, and lifted by hand', async ({ page, gateway }) => {
  await gateway.api.setUp(account);
  await page.goto(gateway.url);
  await signInAs(page, { user: securityUser, password: account.password });
  await page.goto(`${gateway.url}/security/firewall`);
  await expect(page.getByText('Nobody is blocked', { exact: true })).toBeVisible();

  // A low limit, so that the flood need not be great; what is out of range is said beside its field.
  await page.getByLabel('Requests per second', { exact: true }).fill('0');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText(/Give a number between 1 and/)).toBeVisible();
  await page.getByLabel('Requests per second', { exact: true }).fill('40');
  await page.getByLabel('Blocked for (seconds)').fill('600');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('Saved.')).toBeVisible();

  flood(gateway.url, '127.0.0.2');
  const blocks = page.getByRole('table', { name: 'Blocked sources' });
  await expect(blocks.getByRole('row', { name: /127\.0\.0\.2 too many requests/ })).toContainText(/9:\d\d/);
  await expectAccessible(page, 'the firewall');
  await page.getByRole('button', { name: 'Lift the block of 127.0.0.2' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Lift' }).click();
  await expect(page.getByText('127.0.0.2 is served again.')).toBeVisible();
  await expect(page.getByText('Nobody is blocked', { exact: true })).toBeVisible();

  // By hand, and never oneself.
  await page.getByRole('button', { name: 'Block a source' }).click();
  await page.getByLabel('Address', { exact: true }).fill('127.0.0.1');
  await page.getByRole('dialog').getByRole('button', { name: 'Block', exact: true }).click();
  await expect(page.getByRole('dialog').getByText(/This would keep you out yourself/)).toBeVisible();
  await page.getByLabel('Address', { exact: true }).fill('192.0.2.9');
  await page.getByRole('dialog').getByRole('button', { name: 'Block', exact: true }).click();
  await expect(blocks.getByRole('row', { name: /192\.0\.2\.9 by hand/ })).toBeVisible();

  // Told once, as an event.
  await page.goto(`${gateway.url}/events`);
  await expect(page.getByText('127.0.0.2 asked too much and is blocked for 600 s')).toHaveCount(1);

  await page.setViewportSize(phone);
  await page.goto(`${gateway.url}/security/firewall`);
  await expect(page.getByRole('heading', { name: 'Limits of one source' })).toBeVisible();
  await expectNoSidewaysScroll(page, 'firewall');
});
