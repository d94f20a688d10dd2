// Steps on the hub's portal, in the words that a person reads.
import type { Page } from '@playwright/test';
import type { Enrolment } from './api.ts';
import { open } from './gateway.ts';
import { expect } from './system.ts';

export async function addOrganisation(page: Page, name: string): Promise<void> {
  await open(page, 'Organisations and sites');
  await page.getByRole('button', { name: 'Add an organisation' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add an organisation' });
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByLabel('Kind').selectOption('Terminal');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { name })).toBeVisible();
}

export async function addSite(page: Page, organisation: string, name: string): Promise<void> {
  await page.getByRole('button', { name: `Add a site to ${organisation}` }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a site' });
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByLabel('Time zone').fill('Europe/Paris');
  await dialog.getByLabel('Country').fill('FR');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('rowheader', { name })).toBeVisible();
}

/** Adds a gateway and reads what the page gives for its enrolment. */
export async function addGateway(page: Page, site: string, name: string): Promise<Enrolment> {
  await open(page, 'Add a gateway');
  await page.getByRole('combobox', { name: 'Site' }).selectOption(site);
  await page.getByLabel('Name').fill(name);
  await page.getByRole('button', { name: 'Add and make a token' }).click();
  await expect(page.getByRole('heading', { name: `${name} is ready to enrol` })).toBeVisible();
  const shown = async (label: string) => (await page.getByRole('status', { name: label }).innerText()).trim();
  return {
    token: await shown('One-time token'),
    hub_url: await shown('Address of the hub'),
    fingerprint: await shown('Fingerprint of the hub’s authority'),
  };
}

/** On the gateway: joins the hub with what its portal gave. */
export async function enrol(page: Page, { hub_url, token, fingerprint }: Enrolment): Promise<void> {
  await open(page, 'Hub link');
  await page.getByLabel('Address of the hub').fill(hub_url);
  await page.getByLabel('One-time token').fill(token);
  await page.getByLabel('Fingerprint of the hub’s authority').fill(fingerprint);
  await page.getByRole('button', { name: 'Join', exact: true }).click();
}
