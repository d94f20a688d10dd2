// Alarms as an operator meets them: the usual ones, one of their own tried before it counts, seen by somebody, and found again in the past.
import { expectAccessible } from '../support/axe.ts';
import { open } from '../support/gateway.ts';
import { expectNoSidewaysScroll, phone } from '../support/layout.ts';
import { arriveSignedIn } from '../support/people.ts';
import { account, expect, test } from '../support/system.ts';

test('an alarm is written, tried, raised, acknowledged and found in the history', async ({ page, gateway, plant }) => {
  test.setTimeout(180_000);
  await gateway.api.setUp(account);
  await gateway.api.addPlant(plant);
  await arriveSignedIn(page, gateway);
  await open(page, 'Alarms');
  await expect(page.getByText('No alarm', { exact: true })).toBeVisible();
  await expectAccessible(page, 'no alarm');
  await page.getByRole('radio', { name: 'What is watched' }).check();
  await expect(page.getByText('Nothing is watched yet')).toBeVisible();
  await expectAccessible(page, 'nothing is watched');
  await page.getByRole('button', { name: 'Add the 5 usual ones' }).click();
  await expect(page.getByRole('row')).toHaveCount(6);

  await page.getByRole('button', { name: 'Add an alarm' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add an alarm' });
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog.getByText('This is needed.').first()).toBeVisible();
  await expect(dialog.getByText('Give a high or a low threshold.')).toBeVisible();
  await expectAccessible(page, 'a new alarm');
  await dialog.getByLabel('Name').fill('Overvoltage');
  await dialog.getByLabel('Load', { exact: true }).selectOption({ index: 1 });
  await dialog.getByRole('checkbox', { name: /^Voltage L1 / }).check();
  await dialog.getByRole('spinbutton', { name: /^High threshold/ }).fill('100');
  await dialog.getByRole('radio', { name: 'critical', exact: true }).check();
  await dialog.getByRole('checkbox', { name: /^Somebody must acknowledge it/ }).check();
  await dialog.getByRole('button', { name: 'Try with the values of now' }).click();
  await expect(dialog.getByText('It would be raised now, after its delay.')).toBeVisible();
  await expectAccessible(page, 'an alarm that was tried');
  await dialog.getByRole('button', { name: 'Save' }).click();
  const rule = page.getByRole('row').filter({ hasText: 'Overvoltage' });
  await expect(rule).toContainText('above 100');

  await page.getByRole('radio', { name: 'Now' }).check();
  const raised = page.getByRole('row').filter({ hasText: 'Overvoltage' });
  await expect(raised).toContainText('raised');
  await expect(raised).toContainText('threshold 100');
  await expect(page.getByRole('link', { name: /^Alarms\s*1/ })).toBeVisible();
  await raised.getByRole('button', { name: 'Acknowledge Overvoltage' }).click();
  const acknowledge = page.getByRole('dialog', { name: 'Acknowledge “Overvoltage”' });
  await acknowledge.getByLabel('Note').fill('Seen from the quay');
  await expectAccessible(page, 'an acknowledgement');
  await acknowledge.getByRole('button', { name: 'Acknowledge' }).click();
  await expect(raised).toContainText('raised, seen');
  await expect(raised).toContainText('Seen from the quay');
  await expectAccessible(page, 'an alarm that somebody has seen');

  // With its rule gone it is over, and stands in the history.
  await page.getByRole('radio', { name: 'What is watched' }).check();
  await page.getByRole('button', { name: 'Delete Overvoltage' }).click();
  await page.getByRole('dialog', { name: 'Delete “Overvoltage”?' }).getByRole('button', { name: 'Delete' }).click();
  await expect(rule).toHaveCount(0);
  await page.getByRole('radio', { name: 'History' }).check();
  await expect(page.getByRole('row').filter({ hasText: 'Overvoltage' })).toContainText('over');
  await page.getByLabel('Criticality').selectOption('information');
  await expect(page.getByText('No alarm fits these filters')).toBeVisible();
  await page.getByLabel('Criticality').selectOption('critical');
  await expect(page.getByRole('row').filter({ hasText: 'Overvoltage' })).toBeVisible();
  await expectAccessible(page, 'past alarms');
  await page.setViewportSize(phone);
  for (const view of ['Now', 'What is watched', 'History']) {
    await page.getByRole('radio', { name: view }).check();
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expectNoSidewaysScroll(page, `alarms, ${view}, on a phone`);
  }
});
