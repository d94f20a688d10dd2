// What consumption costs and emits, compared, placed on a picture, told on a page, and what could be switched off.
import { expectAccessible } from '../support/axe.ts';
import { open } from '../support/gateway.ts';
import { arriveSignedIn } from '../support/people.ts';
import { account, expect, test } from '../support/system.ts';

/** One grey pixel. */
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==', 'base64');

test('from a tariff to a report', async ({ page, gateway, plant }) => {
  test.setTimeout(240_000);
  await gateway.api.setUp(account);
  await gateway.api.addPlant(plant);
  await arriveSignedIn(page, gateway);
  const dialog = page.getByRole('dialog');

  await open(page, 'Tariffs and CO₂');
  await expect(page.getByText('No tariff yet')).toBeVisible();
  await page.getByRole('button', { name: 'Add a tariff' }).click();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog.getByText('A number from 0 on, with at most six decimals.')).toBeVisible();
  await dialog.getByLabel('Name', { exact: true }).fill('Contract');
  await dialog.getByLabel('Price per kWh').fill('0.1744');
  await dialog.getByLabel('Standing charge per month').fill('30');
  await dialog.getByRole('button', { name: 'Add a price' }).click();
  const band = dialog.getByRole('group', { name: 'Price 1' });
  await band.getByLabel('Name').fill('Off-peak');
  await band.getByLabel('Price per kWh').fill('0,1288');
  await expectAccessible(page, 'the form of a tariff');
  await dialog.getByRole('button', { name: 'Save' }).click();
  const tariffs = page.getByRole('table', { name: 'Tariffs' });
  await expect(tariffs.getByRole('row').filter({ hasText: 'Contract' })).toContainText('Off-peak: 0.1288');

  await page.getByRole('button', { name: 'Add a factor' }).click();
  await dialog.getByLabel('Grams of CO₂e per kWh').fill('52');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog.getByText('Say where the number is from.')).toBeVisible();
  await dialog.getByLabel('Source').fill('Supplier, mix announced for the year');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('table', { name: 'Emission factors' })).toContainText('Supplier, mix announced for the year');
  await expectAccessible(page, 'tariffs');

  await open(page, 'Load shedding');
  await page.getByRole('button', { name: 'Set order and limit' }).click();
  await dialog.getByLabel('Subscribed power (kW)').fill('1');
  await dialog.getByLabel('Level of Reefer rack A').selectOption('1');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('table', { name: 'What would be freed now' }).getByRole('row').filter({ hasText: 'Level 1' })).toContainText(/\d\s?k?W/, { timeout: 30_000 });
  await expectAccessible(page, 'load shedding');

  await open(page, 'Pictures');
  await page.getByRole('button', { name: 'Add a picture' }).click();
  await dialog.getByLabel('Name', { exact: true }).fill('Quay');
  await dialog.getByLabel('Image file').setInputFiles({ name: 'quay.png', mimeType: 'image/png', buffer: PNG });
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('button', { name: 'Add a value' }).click();
  await page.getByLabel('Load', { exact: true }).selectOption({ label: 'Reefer rack A' });
  const tag = page.getByRole('button', { name: /^Reefer rack A.* 50 % from the left/ });
  await tag.press('Shift+ArrowLeft');
  await expect(page.getByRole('button', { name: /^Reefer rack A.* 45 % from the left/ })).toBeFocused();
  await expectAccessible(page, 'a picture being arranged');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByRole('img', { name: 'Picture of the site: Quay' })).toBeVisible();
  await expect(page.getByText('live', { exact: true })).toBeVisible({ timeout: 30_000 });
  await expectAccessible(page, 'a picture');

  await open(page, 'Comparison');
  await page.getByRole('radio', { name: 'Load' }).check();
  await page.getByRole('button', { name: 'Add a reference' }).click();
  await dialog.getByLabel('Of', { exact: true }).selectOption({ label: 'Reefer rack A' });
  await dialog.getByLabel('Value').fill('120');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('table', { name: 'Reference quantities' })).toContainText('Reefer rack A');
  await expectAccessible(page, 'a comparison');

  // The first consumption is there when counters have been read twice.
  await open(page, 'Consumption');
  await page.getByRole('radio', { name: 'Load' }).check();
  const used = page.getByRole('table', { name: 'Consumption' }).getByRole('row').filter({ hasText: 'Reefer rack A' });
  await expect(used).toContainText(/\d\s?[kM]?Wh/, { timeout: 150_000 });
  await page.getByRole('radio', { name: 'Cost' }).check();
  await expect(used).toContainText(/\d\s?€/);
  await expect(page.getByText('Standing charge', { exact: true })).toBeVisible();
  await page.getByRole('radio', { name: 'CO₂' }).check();
  await expect(page.getByText(/Supplier, mix announced for the year/)).toBeVisible();
  await expectAccessible(page, 'consumption as CO₂');

  await page.getByRole('main').getByRole('link', { name: 'Report', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Energy report' })).toBeVisible();
  await expect(page.getByRole('table', { name: 'By load' })).toContainText('Reefer rack A');
  await expect(page.getByRole('heading', { name: 'What is not certain' })).toBeVisible();
  await expectAccessible(page, 'a report');
});
