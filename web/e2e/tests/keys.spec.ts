// Keys of programs, on one's own account of either program: made, shown once, used, ended.
import type { APIRequestContext, Page } from '@playwright/test';
import { expectAccessible } from '../support/axe.ts';
import { arriveSignedIn } from '../support/people.ts';
import { account, expect, test } from '../support/system.ts';

/** Where a program looks with the key, at the program that is open in the browser. */
async function walk(page: Page, request: APIRequestContext, url: string, path: string): Promise<void> {
  await page.goto(`${url}/account`);
  await expect(page.getByText('No key yet')).toBeVisible();
  await page.getByRole('button', { name: 'Make a key' }).click();
  const make = page.getByRole('dialog', { name: 'Make a key' });
  await make.getByRole('button', { name: 'Make a key' }).click();
  await expect(make.getByText('Say what it is for.')).toBeVisible();
  await make.getByLabel('Name').fill('Monthly report');
  await make.getByLabel('Days until it ends').fill('30');
  await make.getByRole('radio', { name: 'Look and change' }).check();
  await expect(make.getByText(/^Whoever holds this key changes what you can change/)).toBeVisible();
  await expectAccessible(page, 'a new key');
  await make.getByRole('radio', { name: 'Only look' }).check();
  await make.getByRole('button', { name: 'Make a key' }).click();

  const sheet = page.getByRole('dialog', { name: '“Monthly report” is ready' });
  const secret = (await sheet.getByRole('status', { name: 'Key', exact: true }).innerText()).trim();
  await expectAccessible(page, 'a key that is shown once');
  const tried = () => request.get(`${url}/api/v1${path}`, { headers: { authorization: `Bearer ${secret}` } });
  expect((await tried()).status()).toBe(200);
  await sheet.getByRole('button', { name: 'I have kept it' }).click();
  await page.reload();
  await expect(page.getByRole('row').filter({ hasText: 'Monthly report' })).toContainText('Only look');
  await expect(page.getByText(secret)).toHaveCount(0);

  await page.getByRole('button', { name: 'End “Monthly report”' }).click();
  await expectAccessible(page, 'the end of a key');
  await page.getByRole('dialog', { name: 'End “Monthly report”?' }).getByRole('button', { name: 'End' }).click();
  await expect(page.getByText('No key yet')).toBeVisible();
  expect((await tried()).status()).toBe(401);
}

test('a key opens the hub for a program', async ({ page, hub, request }) => {
  test.setTimeout(120_000);
  await arriveSignedIn(page, hub);
  await walk(page, request, hub.url, '/organisations');
});

test('a key opens the gateway for a program', async ({ page, gateway, request }) => {
  test.setTimeout(120_000);
  await gateway.api.setUp(account);
  await arriveSignedIn(page, gateway);
  await walk(page, request, gateway.url, '/metrics');
});
