// Steps on the gateway's web view, in the words that a person reads.
import type { Page } from '@playwright/test';
import { expect, type Plant } from './system.ts';

/** Opens a page from the navigation; on a phone that is in the drawer. The group that it stands in may be folded. */
export async function open(page: Page, name: string): Promise<void> {
  const menu = page.getByRole('button', { name: 'Open the menu' });
  if (await menu.isVisible()) await menu.click();
  const navigation = page.getByRole('navigation', { name: 'Main navigation' });
  const group = navigation.locator('section').filter({ has: page.getByRole('link', { name, exact: true, includeHidden: true }) });
  const heading = group.getByRole('button', { expanded: false });
  await expect(group).toBeVisible();
  if (await heading.isVisible()) await heading.click();
  await group.getByRole('link', { name, exact: true }).click();
}

/** Fills the discovery form with the plant's TCP gateway; asks one unit more than there are, so that one stays silent. */
export async function describePlant(page: Page, { tcp }: Plant): Promise<void> {
  await page.getByLabel('Kind of line').selectOption('tcp');
  await page.getByLabel('Address', { exact: true }).fill(tcp.host);
  await page.getByLabel('Port', { exact: true }).fill(String(tcp.port));
  await page.getByLabel('First unit id').fill('1');
  await page.getByLabel('Last unit id').fill(String(tcp.devices.length + 1));
}

/** From the empty home page to meters that are read. */
export async function discoverAndAdd(page: Page, plant: Plant): Promise<void> {
  await page.getByRole('link', { name: 'Find meters' }).click();
  await expect(page.getByRole('heading', { name: 'Find meters', level: 1 })).toBeVisible();
  await describePlant(page, plant);
  await page.getByRole('button', { name: 'Start looking' }).click();
  await expect(page.getByRole('progressbar')).toBeVisible();
  const many = plant.tcp.devices.length;
  await expect(page.getByText(`${many} meters found`)).toBeVisible({ timeout: 60_000 });
  await page.getByRole('button', { name: `Add ${many} meters` }).click();
  await expect(page.getByRole('heading', { name: 'Sources', level: 1 })).toBeVisible();
}

/** Opens the figures of a chart and waits until each of its curves has a last value in this unit. */
export async function expectCurves(page: Page, chart: string | RegExp, unit: RegExp): Promise<void> {
  await page.getByText('Figures', { exact: true }).first().click();
  const last = page.getByRole('table', { name: chart }).locator('tbody tr td:last-child');
  await expect(last.first()).toHaveText(unit, { timeout: 60_000 });
}
