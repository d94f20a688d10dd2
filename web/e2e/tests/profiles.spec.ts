// A profile of one's own: what the file gets wrong is told beside it, it is tried on a meter before it is kept, replaced and removed.
import { expectAccessible } from '../support/axe.ts';
import { discoverAndAdd, open } from '../support/gateway.ts';
import { arriveSignedIn } from '../support/people.ts';
import { expect, test } from '../support/system.ts';

const WRONG = `vendor = "Quay works"
model = "Pump meter"
source = "the plate of the pump"
fluids = ["electricity"]
points = [
  { quantity = "active_energy_import", address = 50946, type = "u32", scale = "10", unit = "kWh" },
]
`;
const RIGHT = WRONG.replace('"kWh"', '"Wh"');

test('from a wrong file to a profile that reads a meter', async ({ page, gateway, plant }) => {
  test.setTimeout(240_000);
  await arriveSignedIn(page, gateway);
  await discoverAndAdd(page, plant);

  await open(page, 'Device profiles');
  await expect(page.getByRole('heading', { name: 'Device profiles', level: 1 })).toBeVisible();
  await page.getByLabel('Maker').selectOption('Moxa');
  await expect(page.getByRole('rowheader')).toHaveCount(2);
  await expectAccessible(page, 'list of profiles');

  await page.getByRole('link', { name: 'Add a profile' }).click();
  await page.getByLabel('Name').fill('own/pump-meter');
  const file = page.getByLabel('The file', { exact: true });
  await file.fill(WRONG);
  await expect(page.getByText(/Line 6, field unit/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Save' })).toBeDisabled();
  await page.getByRole('button', { name: 'Go to line 6' }).click();
  await expect(file).toBeFocused();
  await expectAccessible(page, 'editor with a fault');

  await file.fill(RIGHT);
  await expect(page.getByText('The file is right.')).toBeVisible();
  await page.getByLabel('Unit id').fill('1');
  await page.getByRole('button', { name: 'Read now' }).click();
  const tried = page.getByRole('table', { name: 'Raw words and values' });
  await expect(tried.getByRole('row').filter({ hasText: '0x' })).toContainText(/\d\s?[kMG]?Wh/, { timeout: 30_000 });

  await page.getByRole('radio', { name: 'noted registers' }).check();
  await page.getByLabel('Registers', { exact: true }).fill('50946: 0x0000 0x0064');
  await page.getByRole('button', { name: 'Decode' }).click();
  await expect(tried.getByRole('row').filter({ hasText: '0x0064' })).toContainText(/1(\.0+)?\s?kWh|1[, ]?000\s?Wh/);

  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { name: 'Pump meter', level: 1 })).toBeVisible();
  await expectAccessible(page, 'a profile');

  await page.getByRole('link', { name: 'Edit', exact: true }).click();
  await file.fill(RIGHT.replace('Pump meter', 'Pump meter 2'));
  await page.getByRole('button', { name: 'Replace' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Replace' }).click();
  await expect(page.getByRole('heading', { name: 'Pump meter 2', level: 1 })).toBeVisible();

  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByRole('heading', { name: 'Device profiles', level: 1 })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Pump meter 2' })).toHaveCount(0);
});
