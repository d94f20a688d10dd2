// What is kept: an export of what was recorded, limits that ask before they destroy, trends chosen, and the check of every byte.
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { open } from '../support/gateway.ts';
import { arriveSignedIn } from '../support/people.ts';
import { expect, type Gateway, type Plant, test } from '../support/system.ts';

interface Series {
  id: number;
  quantity: string;
  kind: string;
  first_at: string | null;
}

/** Signed in, with meters that have left some history. */
async function recorded(page: Page, gateway: Gateway, plant: Plant): Promise<void> {
  await arriveSignedIn(page, gateway);
  await gateway.api.addPlant(plant);
  const trends = async () => (await gateway.api.get<{ items: Series[] }>('/series')).items.filter((one) => one.kind === 'trend' && one.first_at !== null).length;
  await expect.poll(trends, { timeout: 60_000 }).toBeGreaterThan(3);
  await page.goto(gateway.url);
}

test('what was recorded leaves as a file', async ({ page, gateway, plant }) => {
  await recorded(page, gateway, plant);
  await open(page, 'History');
  await page.getByRole('button', { name: 'Export…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Export history' });
  await dialog.getByRole('button', { name: 'Export', exact: true }).click();
  await expect(dialog.getByText('Choose at least one series.')).toBeVisible();

  await dialog.getByLabel('Filter the series').fill('frequency');
  await dialog.getByRole('button', { name: 'Choose all shown' }).click();
  await dialog.getByLabel('Format').selectOption('CSV, one row per value');
  await dialog.getByLabel('Numbers').selectOption('1,5, semicolons (Excel in French)');
  const arriving = page.waitForEvent('download');
  await dialog.getByRole('button', { name: 'Export', exact: true }).click();
  const file = await arriving;
  expect(file.suggestedFilename()).toMatch(/^haubert_.+_samples_\d{8}T\d{4}_\d{8}T\d{4}\.csv$/);
  const [header, first] = readFileSync(await file.path(), 'utf8').split('\r\n');
  expect(header).toBe('\ufefftime_utc;time_local;load;quantity;kind;unit;value;quality;reason');
  expect(first).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z;[^;]+\+0[12]:00;"[^"]+";frequency;trend;Hz;\d+,\d+;good;measured$/);
});

test('limits and trends are kept, and what they destroy is asked about', async ({ page, gateway, plant }) => {
  await recorded(page, gateway, plant);
  await open(page, 'History');
  await page.getByLabel('Trends (days)').fill('0');
  const limits = page.getByRole('region', { name: 'How long' });
  await limits.getByRole('button', { name: 'Save' }).click();
  await expect(limits.getByText(/between 1 and/)).toBeVisible();
  // Nothing is a day old yet: nothing is destroyed, nothing is asked.
  await page.getByLabel('Trends (days)').fill('30');
  await limits.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'trend' })).toContainText('30 days');

  const trends = page.getByRole('region', { name: 'Trends' });
  await trends.getByRole('checkbox', { name: 'Keep Frequency' }).uncheck();
  await trends.getByLabel('Dead band of Voltage L1', { exact: true }).fill('0,5');
  await trends.getByRole('button', { name: 'Save' }).click();
  interface History {
    limits: { retention: { trend_days: number } };
    trends: { trends: { quantity: string; dead_band: number | null }[] };
  }
  const kept = async () => {
    const { limits, trends } = await gateway.api.get<History>('/history');
    const voltage = trends.trends.find((one) => one.quantity === 'voltage_l1');
    return [limits.retention.trend_days, trends.trends.some((one) => one.quantity === 'frequency'), voltage?.dead_band];
  };
  await expect.poll(kept).toEqual([30, false, 0.5]);
});

test('every byte is looked at when asked, and by itself as often as wanted', async ({ page, gateway, plant }) => {
  await recorded(page, gateway, plant);
  await open(page, 'History');
  const integrity = page.getByRole('region', { name: 'Integrity' });
  // At night the gateway may have looked of its own accord: a newer look is waited for.
  const last = async () => (await gateway.api.get<{ check: { last: { at: string } | null } }>('/history')).check.last?.at;
  const before = await last();
  await integrity.getByRole('button', { name: 'Check now' }).click();
  await expect.poll(last, { timeout: 30_000 }).not.toEqual(before);
  await expect(integrity.getByText('intact')).toBeVisible({ timeout: 30_000 });
  const kept = page.waitForResponse((answer) => answer.request().method() === 'PUT' && answer.ok());
  await integrity.getByLabel('Check by itself').selectOption('Only when asked');
  await kept;
  await page.reload();
  await expect(integrity.getByLabel('Check by itself')).toHaveValue('');
});
