// Files of evidence: chosen and dropped, followed on their way, refused in words, replaced by a newer version; and every dialog on the
// way as axe sees it.
import type { Locator, Page } from '@playwright/test';
import { expectAccessible } from '../support/axe.ts';
import { company, selfAssessment } from '../support/companies.ts';
import { expectNoSidewaysScroll, phone } from '../support/layout.ts';
import { arriveAs, invited } from '../support/members.ts';
import { account, expect, test } from '../support/system.ts';

const PDF = '%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n';
const MEASURE = 'POL-01';

interface Given {
  name: string;
  mimeType: string;
  text: string;
}

/** Through the button and the system's own window. */
async function choose(page: Page, within: Page | Locator, button: string, { name, mimeType, text }: Given): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  await within.getByRole('button', { name: button }).click();
  await (await chooser).setFiles({ name, mimeType, buffer: Buffer.from(text) });
}

/** What the browser makes of a file that is let go over a place. */
async function dropOn(page: Page, place: Locator, { name, mimeType, text }: Given): Promise<void> {
  const dataTransfer = await page.evaluateHandle(
    (file) => {
      const data = new DataTransfer();
      data.items.add(new File([file.text], file.name, { type: file.mimeType }));
      return data;
    },
    { name, mimeType, text },
  );
  await place.dispatchEvent('dragover', { dataTransfer });
  await place.dispatchEvent('drop', { dataTransfer });
}

test('evidence is chosen, dropped, refused in words, and replaced by a newer version', async ({ page, hub }) => {
  test.setTimeout(180_000);
  await hub.api.setUp(account);
  const organisation = await company(hub, 'North quay terminal');
  const lea = await invited(hub, 'lea', 'member', organisation);
  const assessment = await selfAssessment(lea.api, organisation);
  await arriveAs(page, hub, lea, `/assessments/${assessment}?measure=${MEASURE}`);

  await expect(page.getByText(/^Taken: pdf, png, .+\. At most 20 MiB each\.$/)).toBeVisible();
  // The way is slow, so that one sees how far the file is.
  const line = await page.context().newCDPSession(page);
  const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 60_000 };
  await choose(page, page, 'Choose files', { name: 'Policy.txt', mimeType: 'text/plain', text: 'Who may do what, signed by the management.\n'.repeat(4_000) });
  await page.getByLabel('What it shows').fill('Security policy, signed');
  await page.getByLabel('Note').fill('Page 2');
  await expectAccessible(page, 'a file that waits to be sent');
  await line.send('Network.emulateNetworkConditions', slow);
  await page.getByRole('button', { name: 'Send the file' }).click();
  await expect(page.getByRole('progressbar', { name: 'Policy.txt' })).toBeVisible();
  await expect(page.getByText(/^Policy\.txt: .+ of /)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Stop' })).toBeVisible();
  await line.send('Network.emulateNetworkConditions', { ...slow, uploadThroughput: -1 });
  const first = page.getByRole('article').filter({ hasText: 'Security policy, signed' });
  await expect(first).toContainText('Policy.txt · Version 1');
  await expect(first).toContainText('added by lea');

  // Dropped; what is no evidence says so by its name, and nothing of it is kept.
  const place = page.getByRole('group', { name: 'or drop here' });
  await dropOn(page, place, { name: 'setup.exe', mimeType: 'application/octet-stream', text: 'MZ' });
  await expect(page.getByText('Not taken: setup.exe')).toBeVisible();
  await expect(page.getByText('Files of this kind are not taken. Save it as PDF, or as a picture.')).toBeVisible();
  await expectAccessible(page, 'a file that is not taken');
  await page.getByRole('button', { name: 'Leave out setup.exe' }).click();
  await expect(page.getByText('Not taken')).toHaveCount(0);
  await dropOn(page, place, { name: 'Page.pdf', mimeType: 'application/pdf', text: '<!doctype html><script>alert(1)</script>' });
  await page.getByRole('button', { name: 'Send the file' }).click();
  await expect(page.getByText('Not taken: Page.pdf')).toBeVisible();
  await expect(page.getByText('Web pages and drawings that can hold scripts')).toBeVisible();
  await dropOn(page, place, { name: 'Disk.pdf', mimeType: 'application/pdf', text: PDF });
  await page.getByRole('button', { name: 'Send the file' }).click();
  await expect(page.getByRole('article').filter({ hasText: 'Disk.pdf' })).toContainText('PDF');

  // A newer version counts from now on; the one before it is kept.
  await first.getByRole('button', { name: /^New version/ }).click();
  const newer = page.getByRole('dialog', { name: 'New version of “Security policy, signed”' });
  await choose(page, newer, 'Choose a file', { name: 'Policy-2027.pdf', mimeType: 'application/pdf', text: PDF });
  await newer.getByLabel('Valid until').fill('2027-12-31');
  await expectAccessible(page, 'a new version of a file');
  await newer.getByRole('button', { name: 'Send as the new version' }).click();
  await expect(newer).toHaveCount(0);
  await expect(first).toContainText('Policy-2027.pdf · Version 2');
  await first.getByText('1 earlier version').click();
  const download = page.waitForEvent('download');
  await first.getByRole('link', { name: 'Policy.txt' }).click();
  expect((await download).suggestedFilename()).toBe('Policy.txt');

  // All files of the company, with what can be done about each.
  await page.goto(`${hub.url}/evidence?organisation=${organisation}`);
  const row = page.getByRole('row').filter({ hasText: 'Security policy, signed' });
  await expect(row).toContainText('valid until 31 Dec 2027');
  await expect(row.getByRole('link', { name: MEASURE })).toBeVisible();
  await page.getByRole('button', { name: 'Change “Disk.pdf”' }).click();
  const change = page.getByRole('dialog', { name: 'Change “Disk.pdf”' });
  await change.getByLabel('What it shows').fill('Backup disk');
  await expectAccessible(page, 'the change of a file');
  await change.getByRole('button', { name: 'Save' }).click();
  await expect(change).toHaveCount(0);
  await page.getByRole('button', { name: 'Remove: Backup disk' }).click();
  await expectAccessible(page, 'the removal of a file');
  await page.getByRole('dialog', { name: 'Remove “Backup disk”?' }).getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByRole('row')).toHaveCount(2);
  await page.getByRole('button', { name: 'Add evidence' }).click();
  await expectAccessible(page, 'new evidence');
  await page.keyboard.press('Escape');
  await expectAccessible(page, 'the evidence');
  await page.setViewportSize(phone);
  await expectNoSidewaysScroll(page, 'the evidence on a phone');
});
