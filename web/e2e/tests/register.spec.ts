// Risks from what is feared to what is borne: the register with its grid, the study by its five workshops, and a framework from
// elsewhere; every dialog on the way as axe sees it.
import type { Page } from '@playwright/test';
import { expectAccessible } from '../support/axe.ts';
import { company } from '../support/companies.ts';
import { open } from '../support/gateway.ts';
import { expectNoSidewaysScroll, phone } from '../support/layout.ts';
import { arriveSignedIn } from '../support/people.ts';
import { expect, test } from '../support/system.ts';

// Where one reads it is never the day that it is for the community: 25 hours lie between the two.
test.use({ hubConfig: 'time_zone = "Pacific/Pago_Pago"\n', timezoneId: 'Pacific/Kiritimati' });

const NAME = 'North quay terminal';
const RISK = 'Ransomware halts the terminal';
const LIBRARY = `urn: urn:harbour:library:rules
locale: en
ref_id: HARBOUR
name: Harbour rules
version: 1
provider: The harbour
copyright: Creative Commons CC BY 4.0
objects:
  framework:
    urn: urn:harbour:framework:rules
    ref_id: harbour-rules
    name: Harbour rules
    min_score: 0
    max_score: 2
    requirement_nodes:
    - { urn: "urn:harbour:1", assessable: false, depth: 1, ref_id: H1, name: On the quay }
    - urn: urn:harbour:1.1
      assessable: true
      depth: 2
      parent_urn: urn:harbour:1
      ref_id: H1.1
      name: Gates are closed at night
      questions:
        urn:harbour:1.1:q:
          type: unique_choice
          text: Are the gates closed at night?
          choices:
          - { urn: "urn:harbour:1.1:q:no", value: Seldom, add_score: 0 }
          - { urn: "urn:harbour:1.1:q:yes", value: Every night, add_score: 2 }
`;

/** Gives a library to the dialog that is open. */
async function give(page: Page, name: string, text: string): Promise<void> {
  await page.getByRole('dialog', { name: 'Take in a library' }).locator('input[type=file]').setInputFiles({ name, mimeType: 'application/yaml', buffer: Buffer.from(text) });
}

const cell = (page: Page, gravity: number, likelihood: number) => page.getByRole('table', { name: /^Likelihood V1 to V4/ }).getByRole('cell', { name: new RegExp(`Gravity ${gravity}, likelihood ${likelihood}:`) });

test('a risk comes from a scenario, is accepted by somebody until a day, moves on the grid, and is looked at again', async ({ page, hub }) => {
  test.setTimeout(180_000);
  await arriveSignedIn(page, hub);
  const organisation = await company(hub, NAME);
  await page.goto(`${hub.url}/register?organisation=${organisation}`);
  await expect(page.getByText('No risk in the register yet')).toBeVisible();
  await expectAccessible(page, 'an empty register');
  await page.getByRole('button', { name: 'New risk' }).click();
  const write = page.getByRole('dialog', { name: 'New risk' });
  await write.getByRole('button', { name: 'Add to the register' }).click();
  await expect(write.getByText('Say what may happen.')).toBeVisible();
  await write.getByLabel('Comes from the scenario').selectOption({ label: `${RISK} (FS-01)` });
  await expect(write.getByLabel('What may happen')).toHaveValue(RISK);
  await write.getByLabel('Who watches over it').fill('Ana Martin');
  await write.getByLabel('Gravity', { exact: true }).selectOption({ index: 3 });
  await write.getByLabel('Likelihood', { exact: true }).selectOption({ index: 2 });
  await expect(write.getByRole('radio', { name: 'Not decided' })).toBeChecked();
  await expectAccessible(page, 'a new risk');
  await write.getByRole('button', { name: 'Add to the register' }).click();
  const row = page.getByRole('row').filter({ hasText: 'Ana Martin' });
  await expect(row).toContainText('Not decided');
  await expect(cell(page, 4, 3).getByRole('button', { name: `1: ${RISK}, high` })).toBeVisible();
  await expectAccessible(page, 'the register');

  // To be reduced: the grid shows where it is to stand.
  await page.getByRole('button', { name: `Change ${RISK}` }).click();
  const change = page.getByRole('dialog', { name: 'Change the risk' });
  await change.getByRole('radio', { name: 'Reduce' }).check();
  await change.getByLabel('Gravity to be left').selectOption({ index: 1 });
  await change.getByLabel('Likelihood to be left').selectOption({ index: 0 });
  await change.getByRole('button', { name: 'Save' }).click();
  await expect(row).toContainText('Reduce');
  await page.getByRole('radio', { name: 'As is to be left' }).check();
  await expect(cell(page, 2, 1).getByRole('button', { name: new RegExp(`^1: ${RISK}`) })).toBeVisible();
  await expect(cell(page, 4, 3).getByRole('button')).toHaveCount(0);
  await expect(row).toContainText('No action planned');

  // Accepted instead: by whom and until when is asked for.
  await cell(page, 2, 1).getByRole('button').click();
  await change.getByRole('radio', { name: 'Accept' }).check();
  await change.getByRole('button', { name: 'Save' }).click();
  await expect(change.getByText('Say who accepts it.')).toBeVisible();
  await expect(change.getByText('Say until when.')).toBeVisible();
  await expectAccessible(page, 'a risk that somebody accepts');
  await change.getByLabel('Who accepts it').fill('Paul Petit, director');
  await change.getByRole('textbox', { name: 'Until' }).fill('2027-06-30');
  await change.getByRole('button', { name: 'Save' }).click();
  await expect(row).toContainText('by Paul Petit, director, until');

  // Looked at long ago: it calls, and is looked at again.
  await page.getByRole('button', { name: `Change ${RISK}` }).click();
  await change.getByLabel('Last look').fill('2025-01-15');
  await change.getByRole('button', { name: 'Save' }).click();
  await expect(row).toContainText('Look at it again');
  await page.getByRole('button', { name: `Looked at today: ${RISK}` }).click();
  await expect(row).not.toContainText('Look at it again');
  await page.getByRole('button', { name: `History of ${RISK}` }).click();
  const past = page.getByRole('dialog', { name: `History: ${RISK}` });
  await expect(past.getByRole('listitem')).toHaveCount(5);
  await expectAccessible(page, 'the history of a risk');
  await page.keyboard.press('Escape');

  await page.setViewportSize({ width: 1360, height: 900 });
  await page.reload();
  await expect(row).toBeVisible();
  await expect.poll(() => page.getByRole('table', { name: 'Risks' }).evaluate((table) => table.parentElement!.scrollWidth - table.parentElement!.clientWidth), 'the table fits').toBe(0);
  await page.setViewportSize(phone);
  await expectNoSidewaysScroll(page, 'the register on a phone');
});

test('a study is told workshop by workshop and is there again', async ({ page, hub }) => {
  test.setTimeout(180_000);
  await arriveSignedIn(page, hub);
  const organisation = await company(hub, NAME);
  await page.goto(`${hub.url}/study?organisation=${organisation}`);
  const step = (number: number) => page.getByRole('navigation', { name: 'Workshops' }).getByRole('button', { name: new RegExp(`^${number}\\.`) });
  await expectAccessible(page, 'an empty study');
  await page.getByRole('textbox', { name: 'What is studied' }).fill('Loading and unloading at the north quay, until 2028.');
  await page.getByRole('button', { name: 'Add a value' }).click();
  await page.getByRole('button', { name: 'Save the study' }).click();
  await expect(page.getByText('1 field needs attention.')).toBeVisible();
  await page.getByLabel('What it is').fill('Yard planning');
  await page.getByRole('button', { name: 'Add a feared event' }).click();
  await page.getByLabel('What happens').fill('Nobody knows which box stands where');
  await step(2).click();
  await page.getByRole('button', { name: 'Add a pair' }).click();
  await page.getByLabel('Source of risk').selectOption({ index: 1 });
  await page.getByLabel('What it is after').fill('A ransom');
  await page.getByLabel('The study goes on with it').check();
  await expectAccessible(page, 'sources of risk');
  await step(3).click();
  await page.getByRole('button', { name: 'Add a party' }).click();
  await page.getByLabel('Who', { exact: true }).fill('Crane maintenance');
  await page.getByRole('button', { name: 'Add a scenario' }).click();
  await page.getByLabel('What it tells').fill('In by the remote access of the cranes');
  await page.getByRole('checkbox', { name: 'Crane maintenance' }).check();
  await expect(page.getByRole('list', { name: /^Chain: .*Crane maintenance → Nobody knows/ })).toBeVisible();
  await step(4).click();
  await page.getByRole('button', { name: /^Tell it in stages/ }).click();
  await page.getByLabel('Feared scenario that tells it').selectOption({ label: `${RISK} (FS-01)` });
  await expectAccessible(page, 'operational scenarios');
  await step(5).click();
  await page.getByRole('button', { name: /^Enter it in the register/ }).click();
  const enter = page.getByRole('dialog', { name: 'New risk' });
  await expect(enter.getByLabel('What may happen')).toHaveValue('In by the remote access of the cranes');
  await enter.getByRole('button', { name: 'Add to the register' }).click();
  await expect(enter).toHaveCount(0);
  await page.getByRole('button', { name: 'Save the study' }).click();
  await expect(page.getByText('The study is saved.')).toBeVisible();
  for (let number = 1; number <= 5; number += 1) await expect(step(number)).toContainText('nothing is lacking');

  await page.reload();
  await expect(page.getByRole('heading', { name: 'In by the remote access of the cranes' })).toBeVisible();
  await expect(page.getByLabel('Risk of the register')).toHaveValue(/.+/);
  await step(4).click();
  await expect(page.getByRole('list', { name: /^Chain: .*Crane maintenance → Nobody knows/ })).toBeVisible();
  await step(3).click();
  await expect(page.getByLabel('Who', { exact: true })).toHaveValue('Crane maintenance');
  await expect(page.getByText(/^Criticality \d/)).toBeVisible();
  await expectAccessible(page, 'the ecosystem');
  await step(2).click();
  await expect(page.getByLabel('What it is after')).toHaveValue('A ransom');
  await step(1).click();
  await expect(page.getByLabel('What it is')).toHaveValue('Yard planning');
  await page.setViewportSize(phone);
  for (let number = 5; number >= 1; number -= 1) {
    await step(number).click();
    await expectNoSidewaysScroll(page, `workshop ${number} on a phone`);
  }
});

test('a framework from elsewhere is taken in with its licence, answered and scored; a broken one is refused with its line', async ({ page, hub }) => {
  test.setTimeout(120_000);
  await arriveSignedIn(page, hub);
  await company(hub, NAME);
  await open(page, 'Libraries');
  await page.getByRole('button', { name: 'Take in a library' }).click();
  const take = page.getByRole('dialog', { name: 'Take in a library' });
  await give(page, 'broken.yaml', LIBRARY.replace('version: 1', 'version: ['));
  await expect(take.getByRole('alert')).toContainText('This file cannot be taken in');
  await expect(take.getByRole('alert')).toContainText(/line \d+/);
  await expectAccessible(page, 'a library that is refused');
  await give(page, 'loose.yaml', LIBRARY.replace('parent_urn: urn:harbour:1', 'parent_urn: urn:harbour:7'));
  await expect(take.getByRole('alert')).toContainText('urn:harbour:7');
  await give(page, 'bought.yaml', LIBRARY.replace('Creative Commons CC BY 4.0', 'All rights reserved'));
  await take.getByRole('button', { name: 'Take it in' }).click();
  await expect(take.getByText('Say why you may use it.')).toBeVisible();
  await expectAccessible(page, 'a library that asks for a reason');
  await give(page, 'harbour.yaml', LIBRARY);
  await expect(take.getByText('New: it is not here yet.')).toBeVisible();
  await expect(take.getByText('Creative Commons CC BY 4.0')).toBeVisible();
  await expectAccessible(page, 'a library that is new');
  await take.getByRole('button', { name: 'Take it in' }).click();
  const row = page.getByRole('row').filter({ hasText: 'Harbour rules' });
  await expect(row).toContainText('Open');
  await expect(row).toContainText('The harbour');
  await row.getByRole('link', { name: 'Harbour rules' }).click();
  await expect(page.getByText('Creative Commons CC BY 4.0')).toBeVisible();
  await expectAccessible(page, 'a framework');

  await page.getByRole('button', { name: 'Begin an assessment with it' }).click();
  await expectAccessible(page, 'the beginning of an assessment');
  await page.getByRole('dialog', { name: 'Begin an assessment' }).getByRole('button', { name: 'Begin' }).click();
  await page.getByRole('radio', { name: 'Every night' }).check();
  await expect(page.getByText('Saved', { exact: true })).toBeVisible();
  await open(page, 'Assessments');
  await expect(page.getByRole('row').filter({ hasText: 'Harbour rules' })).toContainText('100');
  await page.setViewportSize(phone);
  for (const name of ['Libraries', 'Assessments']) {
    await open(page, name);
    await expectNoSidewaysScroll(page, `${name} on a phone`);
  }
});
