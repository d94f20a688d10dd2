// From a table of assets to an advisory that bears on one of them, through a zone; and every dialog on the way as axe sees it.
import type { Page } from '@playwright/test';
import { expectAccessible } from '../support/axe.ts';
import { open } from '../support/gateway.ts';
import { addOrganisation } from '../support/hub.ts';
import { expectNoSidewaysScroll, phone } from '../support/layout.ts';
import { setUp, signIn, signOut } from '../support/people.ts';
import { expect, test } from '../support/system.ts';

const TABLE = ['Name,Class,Make,Model,Version,Colour', 'Crane 1 control,OTE,Phare,Vigie,1.4,red', 'Thing,NONE,,,,'].join('\n');

/** An advisory of a maker that does not exist, as CSAF 2.0. */
const advisory = (tlp: string) => ({
  document: {
    category: 'csaf_security_advisory', csaf_version: '2.0', title: 'Vigie: no sign-in',
    publisher: { category: 'vendor', name: 'Phare', namespace: 'https://phare.example' },
    tracking: { id: 'PH-1', version: '1.0.0', status: 'final', initial_release_date: '2026-03-01T10:00:00Z', current_release_date: '2026-03-02T10:00:00Z' },
    distribution: { tlp: { label: tlp } },
  },
  product_tree: {
    branches: [{
      category: 'vendor', name: 'Phare SAS',
      branches: [{
        category: 'product_name', name: 'Vigie',
        branches: [{ category: 'product_version_range', name: 'vers:generic/<2.0', product: { name: 'Phare Vigie before 2.0', product_id: 'old' } }],
      }],
    }],
  },
  vulnerabilities: [{
    cve: 'CVE-2026-0001', title: 'No sign-in',
    product_status: { known_affected: ['old'] },
    scores: [{ cvss_v3: { baseScore: 9.1 }, products: ['old'] }],
    remediations: [{ category: 'vendor_fix', details: 'Install 2.0', product_ids: ['old'] }],
  }],
});

async function give(page: Page, label: string, name: string, mimeType: string, text: string): Promise<void> {
  await page.getByLabel(label).setInputFiles({ name, mimeType, buffer: Buffer.from(text) });
}

test('a table becomes an inventory, an asset gets its zone, and an advisory bears on it', async ({ page, hub }) => {
  test.setTimeout(180_000);
  await setUp(page, hub);
  await signOut(page);
  await signIn(page);
  await addOrganisation(page, 'North quay terminal');

  await open(page, 'Inventory');
  await expect(page.getByText('The inventory is empty')).toBeVisible();
  await expectAccessible(page, 'an empty inventory');
  await page.getByRole('button', { name: 'Import' }).click();
  const bring = page.getByRole('dialog', { name: 'Import assets' });
  await give(page, 'Choose a table, or drop it here', 'assets.csv', 'text/csv', TABLE);
  await expect(bring.getByRole('row').filter({ hasText: 'Crane 1 control' })).toContainText('New');
  await expect(bring.getByRole('row').filter({ hasText: 'Thing' })).toContainText('Refused');
  await expect(bring.getByText('Columns that mean nothing here are left out: Colour.')).toBeVisible();
  await expectAccessible(page, 'the preview of an import');
  await bring.getByRole('button', { name: 'Import 1 row' }).click();
  await expect(bring).toHaveCount(0);
  const row = page.getByRole('row').filter({ hasText: 'Crane 1 control' });
  await expect(row).toContainText('in no zone');

  await open(page, 'Zones and conduits');
  await expect(page.getByText('1 asset in no zone')).toBeVisible();
  for (const name of ['Cranes', 'Offices']) {
    await page.getByRole('button', { name: 'New zone' }).click();
    const zone = page.getByRole('dialog', { name: 'New zone' });
    await zone.getByLabel('Name').fill(name);
    await zone.getByLabel('Target level').selectOption('2');
    if (name === 'Cranes') await expectAccessible(page, 'a new zone');
    await zone.getByRole('button', { name: 'Add the zone' }).click();
    await expect(page.getByRole('heading', { name, level: 3 })).toBeVisible();
  }
  await page.getByRole('button', { name: 'New conduit' }).click();
  const conduit = page.getByRole('dialog', { name: 'New conduit' });
  await conduit.getByLabel('Name').fill('Work orders');
  await conduit.getByLabel('What passes').fill('OPC UA, port 4840');
  await expectAccessible(page, 'a new conduit');
  await conduit.getByRole('button', { name: 'Add the conduit' }).click();
  await expect(page.getByRole('rowheader', { name: /Work orders/ })).toBeVisible();
  await expectAccessible(page, 'zones and conduits');

  await open(page, 'Inventory');
  await page.getByRole('button', { name: 'Change Crane 1 control' }).click();
  const change = page.getByRole('dialog', { name: 'Change the asset' });
  await change.getByLabel('Zone').selectOption('Cranes');
  await expectAccessible(page, 'an asset');
  await change.getByRole('button', { name: 'Save' }).click();
  await expect(row.getByRole('link', { name: 'Cranes' })).toBeVisible();

  await open(page, 'Advisories');
  await page.getByRole('radio', { name: 'Library of the community' }).check();
  await page.getByRole('button', { name: 'Import an advisory' }).click();
  const take = page.getByRole('dialog', { name: 'Import an advisory' });
  await give(page, 'Choose a CSAF file, or drop it here', 'red.json', 'application/json', JSON.stringify(advisory('RED')));
  await expect(take.getByRole('alert')).toContainText('does not allow to share it');
  await give(page, 'Choose a CSAF file, or drop it here', 'green.json', 'application/json', JSON.stringify(advisory('GREEN')));
  await expect(take.getByText('“Vigie: no sign-in” is in the library, version 1.0.0.')).toBeVisible();
  await expectAccessible(page, 'an imported advisory');
  await take.getByRole('button', { name: 'Close' }).last().click();
  const library = page.getByRole('table', { name: 'Advisories' });
  await page.getByRole('searchbox', { name: 'Filter: Advisories' }).fill('cve-2026-0001');
  await expect(library.getByRole('cell', { name: 'CVE-2026-0001' })).toBeVisible();
  await page.getByRole('searchbox', { name: 'Filter: Advisories' }).fill('CVE-2026-0002');
  await expect(library).toHaveCount(0);
  await page.getByRole('radio', { name: 'About our assets' }).check();
  await expect(page.getByRole('heading', { name: 'Vigie: no sign-in' })).toBeVisible();
  await expect(page.getByText('Install 2.0')).toBeVisible();
  await expectAccessible(page, 'an advisory that bears on an asset');

  await open(page, 'Inventory');
  await expect(row.getByRole('link', { name: /^Advisories about Crane 1 control: Affected/ })).toBeVisible();
  await page.setViewportSize(phone);
  for (const name of ['Inventory', 'Zones and conduits', 'Advisories']) {
    await open(page, name);
    await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
    await expectNoSidewaysScroll(page, `${name} on a phone`);
  }
});
