// The gateway's own walk: from the code on the console to values, curves, consumption and diagnostics.
import { discoverAndAdd, expectCurves, open } from '../support/gateway.ts';
import { securityUser } from '../support/api.ts';
import { arriveSignedIn, setUp, signIn, signOut } from '../support/people.ts';
import { account, expect, test } from '../support/system.ts';

test('from set-up to curves', async ({ page, gateway, plant }) => {
  test.setTimeout(240_000);
  await setUp(page, gateway);
  await signOut(page);
  await signIn(page);

  await expect(page.getByText('No meter yet')).toBeVisible();
  await discoverAndAdd(page, plant);
  for (const device of await page.getByRole('rowheader').all()) await expect(device).not.toBeEmpty();

  await open(page, 'Live');
  const rack = page.getByRole('row').filter({ hasText: 'Reefer rack A' });
  await expect(rack).toContainText(/\d\s?kW/, { timeout: 30_000 });

  await open(page, 'Trends');
  const rackA = page.getByRole('checkbox', { name: 'Reefer rack A' });
  // The page is open before there is any history, and finds it by itself.
  await expect(rackA).toBeVisible({ timeout: 45_000 });
  await rackA.check();
  await page.getByRole('checkbox', { name: 'Reefer rack B' }).check();
  await expect(page.getByRole('group', { name: 'Trends of the chosen curves' })).toBeVisible();
  await expectCurves(page, /Trends/, /\d\s?k?W/);

  await open(page, 'Consumption');
  await page.getByRole('radio', { name: 'Load' }).check();
  const used = page.getByRole('table', { name: 'Consumption' }).getByRole('row').filter({ hasText: 'Reefer rack A' });
  await expect(used).toContainText(/\d\s?[kM]?Wh/, { timeout: 150_000 });

  await open(page, 'Diagnostics');
  const meters = page.getByRole('table', { name: /^Meters on/ });
  await expect(meters.getByRole('row').filter({ hasText: 'online' })).toHaveCount(plant.tcp.devices.length);
});

test('a wrong set-up code and a wrong password are refused in words', async ({ page, gateway }) => {
  const next = page.getByRole('button', { name: 'Continue' });
  const finish = page.getByRole('button', { name: 'Create the accounts' });
  const user = page.getByLabel('User name');
  const password = page.getByLabel('Password', { exact: true });
  await page.goto(gateway.url);
  await page.getByLabel('Set-up code').fill('0000-0000-0000');
  await next.click();
  await user.fill(securityUser);
  await password.fill('short');
  await next.click();
  await user.fill(account.user);
  await password.fill(account.password);
  await finish.click();
  await expect(page.getByText('This is not the code printed on the console.')).toBeVisible();

  await page.getByLabel('Set-up code').fill(await gateway.setupCode());
  await next.click();
  await next.click();
  await finish.click();
  await expect(page.getByText(/It is too short/)).toBeVisible();

  await password.fill(account.password);
  await next.click();
  await finish.click();
  await expect(page.getByText('No meter yet')).toBeVisible();

  await signOut(page);
  await page.getByLabel('User name').fill(account.user);
  await page.getByLabel('Password', { exact: true }).fill('Not-the-one-1');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText('This user name and password do not go together.')).toBeVisible();
});

test('French, by choice and by the browser', async ({ page, gateway }) => {
  await arriveSignedIn(page, gateway);
  await page.getByLabel('Language').selectOption('Français');
  await expect(page.getByRole('navigation', { name: 'Navigation principale' })).toBeVisible();
  await expect(page.getByText('Aucun compteur')).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'fr');
  await page.getByLabel('Langue').selectOption('English');
  await expect(page.getByText('No meter yet')).toBeVisible();
});

test('what needs a look is said on the home page before the first meter', async ({ page, gateway }) => {
  await page.route('**/api/v1/home', async (route) => {
    const answer = await route.fetch();
    const home = (await answer.json()) as { notices: unknown[] };
    await route.fulfill({ response: answer, json: { ...home, notices: [{ code: 'hub_refused', params: {}, since: null }] } });
  });
  await arriveSignedIn(page, gateway);
  await expect(page.getByText('No meter yet')).toBeVisible();
  await expect(page.getByText('The hub refuses this gateway.')).toBeVisible();
});
