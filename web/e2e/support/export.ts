// What a person does with the menu of a list that is taken along.
import { readFile } from 'node:fs/promises';
import { expect, type Locator, type Page } from '@playwright/test';

/** Opens the menu and takes the entry that begins with a letter. */
export async function take(page: Page, button: Locator, letter: string): Promise<{ name: string; content: Buffer }> {
  const arriving = page.waitForEvent('download');
  await button.press('ArrowDown');
  await expect(page.getByRole('menuitem', { name: 'CSV' })).toBeFocused();
  await page.keyboard.press(letter);
  await page.keyboard.press('Enter');
  const file = await arriving;
  await expect(button).toBeFocused();
  return { name: file.suggestedFilename(), content: await readFile(await file.path()) };
}
