// A list leaves the screen in three forms, by keyboard alone, under the policy that the hub sends; nothing in it runs where it is opened.
import { readFile } from 'node:fs/promises';
import type { Locator, Page } from '@playwright/test';
import { strFromU8, unzipSync } from 'fflate';
import { expectAccessible } from '../support/axe.ts';
import { open } from '../support/gateway.ts';
import { arriveSignedIn } from '../support/people.ts';
import { expect, test } from '../support/system.ts';

const FORMULA = '=HYPERLINK("https://evil.example")';

/** Opens the menu and takes the entry that begins with a letter. */
async function take(page: Page, button: Locator, letter: string): Promise<{ name: string; content: Buffer }> {
  const arriving = page.waitForEvent('download');
  await button.press('ArrowDown');
  await expect(page.getByRole('menuitem', { name: 'CSV' })).toBeFocused();
  await page.keyboard.press(letter);
  await page.keyboard.press('Enter');
  const file = await arriving;
  await expect(button).toBeFocused();
  return { name: file.suggestedFilename(), content: await readFile(await file.path()) };
}

test('a list is taken along as CSV, XLSX and JSON by keyboard', async ({ page, hub }) => {
  await arriveSignedIn(page, hub);
  await hub.api.post('/organisations', { name: FORMULA, kind: 'terminal' });
  await open(page, 'Organisations and sites');
  await expect(page.getByRole('heading', { name: FORMULA })).toBeVisible();

  const button = page.getByRole('button', { name: 'Export', exact: true });
  await button.press('ArrowUp');
  await expect(button).toHaveAttribute('aria-expanded', 'true');
  await expect(page.getByRole('menuitem', { name: 'JSON' })).toBeFocused();
  await expectAccessible(page, 'the menu of an export');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('menu')).toHaveCount(0);
  await expect(button).toBeFocused();

  const csv = await take(page, button, 'c');
  expect(csv.name).toMatch(/^organisations-and-sites-\d{4}-\d{2}-\d{2}\.csv$/);
  expect(csv.content.toString()).toContain('"\'=HYPERLINK(""https://evil.example"")",Terminal');

  const json = JSON.parse((await take(page, button, 'j')).content.toString()) as Record<string, unknown>[];
  expect(json).toContainEqual(expect.objectContaining({ organisation: FORMULA, kind: 'terminal', site: null, gateways: 0 }));

  const xlsx = await take(page, button, 'e');
  expect(xlsx.name).toMatch(/\.xlsx$/);
  const sheet = strFromU8(unzipSync(xlsx.content)['xl/worksheets/sheet1.xml'] ?? new Uint8Array());
  expect(sheet).toContain('=HYPERLINK(&quot;https://evil.example&quot;)</t>');
  expect(sheet).not.toMatch(/<f[ >]/);
});
