// A second factor by an app, as a person sets it up on “My account”.
import { createHmac } from 'node:crypto';
import { expect, type Page } from '@playwright/test';

/** What an authenticator app does (RFC 6238). */
export function totp(secret: string, at: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret].map((char) => alphabet.indexOf(char).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const mac = createHmac('sha1', key).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, '0');
}

/** The password, asked for once more before something that matters. */
export async function again(page: Page, password: string): Promise<void> {
  await page.getByLabel('Your password, once more').fill(password);
  await page.getByRole('dialog').getByRole('button', { name: 'Continue' }).click();
}

/** Sets up an app on “My account”; gives its secret and the recovery codes. */
export async function addApp(page: Page, password: string): Promise<{ secret: string; codes: string[]; used: string }> {
  await page.getByRole('button', { name: 'Set up an app' }).click();
  await again(page, password);
  await expect(page.getByRole('img', { name: 'QR code for the app' })).toBeVisible();
  const secret = (await page.locator('code.key').innerText()).replaceAll(' ', '');
  const used = totp(secret, Date.now());
  await page.getByLabel('Code of the app').fill(used);
  await page.getByRole('button', { name: 'Confirm' }).click();
  const kept = page.getByRole('dialog', { name: 'Your recovery codes' }).locator('li');
  await expect(kept.first()).toBeVisible();
  const codes = await kept.allInnerTexts();
  await page.getByRole('button', { name: 'I have kept them' }).click();
  return { secret, codes, used };
}
