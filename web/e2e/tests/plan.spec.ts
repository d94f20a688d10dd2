// From a next step to a finished action, from a grade to a label that anybody can check; and every dialog on the way as axe sees it.
import type { Locator, Page } from '@playwright/test';
import { expectAccessible } from '../support/axe.ts';
import { answerBest, company, selfAssessment } from '../support/companies.ts';
import { open } from '../support/gateway.ts';
import { addOrganisation } from '../support/hub.ts';
import { expectNoSidewaysScroll, phone } from '../support/layout.ts';
import { arriveSignedIn, elsewhere, setUp, signIn, signOut } from '../support/people.ts';
import { expect, type Hub, test, watchFaults } from '../support/system.ts';

const NAME = 'North quay terminal';

/** An organisation with a profile and a self-assessment, made without the pages: they have a walk of their own. */
async function begun(hub: Hub): Promise<{ organisation: string; assessment: string }> {
  const organisation = await company(hub, NAME);
  return { organisation, assessment: await selfAssessment(hub.api, organisation) };
}

const column = (page: Page, state: string): Locator => page.getByRole('group', { name: new RegExp(`^${state}`) });

test('a next step becomes an action, is done on the board, and its measure still asks for an answer', async ({ page, hub }) => {
  test.setTimeout(240_000);
  await setUp(page, hub);
  await signOut(page);
  await signIn(page);
  await addOrganisation(page, NAME);
  await open(page, 'Where we stand');
  await page.getByLabel('Size').selectOption('10 to 49 people');
  await page.getByRole('button', { name: 'Save the profile' }).click();
  await page.getByRole('button', { name: 'Begin the self-assessment' }).click();
  await expect(page.getByText(/^Measure 1 of \d+$/)).toBeVisible();

  await open(page, 'Where we stand');
  const step = page.getByRole('listitem').filter({ has: page.getByRole('button', { name: 'Add to the plan' }) }).first();
  const title = await step.getByRole('heading').innerText();
  await step.getByRole('button', { name: 'Add to the plan' }).click();
  const there = page.getByRole('link', { name: /^In the plan: To do/ });
  await expect(there).toBeFocused();
  await there.click();

  const dialog = page.getByRole('dialog', { name: 'Change the action' });
  await expect(dialog.getByLabel('What is done')).toHaveValue(title);
  await expectAccessible(page, 'the action of a next step');
  await dialog.getByLabel('Who does it').fill('Ana Martin');
  await dialog.getByLabel('Due day').fill('2027-03-31');
  await dialog.getByLabel('Cost in euros').fill('1200');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Action saved.')).toBeVisible();
  await expect(page.getByRole('row').filter({ hasText: title })).toContainText('€1,200');

  await page.getByRole('radio', { name: 'Board' }).check();
  await expect(page).toHaveURL(/view=board/);
  const handle = page.getByRole('button', { name: `Move “${title}”` });
  await handle.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByText(/is held, in To do/)).toBeAttached();
  await expectAccessible(page, 'a card that is held');
  await handle.focus();
  await page.keyboard.press('ArrowRight');
  await expect(column(page, 'Doing').getByRole('heading', { name: title })).toBeVisible();
  await expect(handle).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await expect(column(page, 'Done').getByRole('heading', { name: title })).toBeVisible();
  await expect(handle).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByText(`“${title}” is now in Done.`)).toBeAttached();

  // What is done is done; the score moves once the company says so at the question.
  const card = column(page, 'Done').getByRole('listitem').filter({ hasText: title });
  await expect(card.getByText('Its question still waits')).toBeVisible();
  await expectAccessible(page, 'the board');
  await card.getByRole('link', { name: 'Answer the question' }).click();
  await expect(page.getByText(/^Measure \d+ of \d+$/)).toBeVisible();
  await expect(page.getByRole('heading', { name: title })).toBeVisible();
  await expect(page.getByRole('radio', { name: 'I do not know' }).first()).not.toBeChecked();
});

test('an action is written, refused, changed by two at once, deleted and brought back', async ({ page, hub }) => {
  test.setTimeout(180_000);
  await arriveSignedIn(page, hub);
  const { organisation } = await begun(hub);
  await page.goto(`${hub.url}/plan?organisation=${organisation}`);
  await expect(page.getByText('The plan is empty')).toBeVisible();
  await expectAccessible(page, 'an empty plan');

  await page.getByRole('button', { name: 'New action' }).click();
  const write = page.getByRole('dialog', { name: 'New action' });
  await write.getByRole('button', { name: 'Add to the plan' }).click();
  await expect(write.getByText('Say what is done.')).toBeVisible();
  await write.getByLabel('Measure of the guide').click();
  await page.keyboard.type('backup');
  await expect(write.getByRole('listbox').getByRole('option').first()).toBeVisible();
  await expectAccessible(page, 'a new action');
  await write.getByLabel('Measure of the guide').press('Enter');
  await expect(write.getByLabel('What is done')).not.toHaveValue('');
  await write.getByLabel('What is done').fill('Test the backup');
  await write.getByRole('button', { name: 'Add to the plan' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'Test the backup' })).toBeVisible();

  await page.getByRole('button', { name: 'Change “Test the backup”' }).click();
  const change = page.getByRole('dialog', { name: 'Change the action' });
  await change.getByLabel('Note').fill('With the provider, in March');
  const { items } = await hub.api.get<{ items: Record<string, unknown>[] }>(`/organisations/${organisation}/actions`);
  const { id, organisation_id: _organisation, created_at: _created, changed_at: _changed, changed_by: _by, ...body } = items[0] ?? {};
  await hub.api.put(`/actions/${String(id)}`, { ...body, owner: 'The provider' });
  await change.getByRole('button', { name: 'Save' }).click();
  await expect(change.getByRole('alert')).toContainText('The provider');
  await expect(change.getByLabel('Note')).toHaveValue('With the provider, in March');
  await expectAccessible(page, 'two versions of an action');
  await change.getByRole('button', { name: 'Save mine in its place' }).click();
  await expect(change).toHaveCount(0);

  await page.getByRole('button', { name: 'Delete “Test the backup”' }).click();
  const remove = page.getByRole('dialog', { name: 'Delete “Test the backup”?' });
  await expectAccessible(page, 'the deletion of an action');
  await remove.getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('“Test the backup” is deleted.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Undo' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('row').filter({ hasText: 'Test the backup' })).toBeVisible();

  for (const view of ['Table', 'Board', 'Timeline']) {
    await page.getByRole('radio', { name: view }).check();
    await expectAccessible(page, `the plan as ${view}`);
  }
  await page.setViewportSize(phone);
  for (const view of ['Table', 'Board', 'Timeline']) {
    await page.getByRole('radio', { name: view }).check();
    await expectNoSidewaysScroll(page, `the plan as ${view} on a phone`);
  }
});

test('a label is given, checked by somebody who is not signed in, and withdrawn', async ({ page, hub }) => {
  test.setTimeout(240_000);
  await arriveSignedIn(page, hub);
  const { organisation, assessment } = await begun(hub);
  await page.goto(`${hub.url}/label?organisation=${organisation}`);
  await expect(page.getByText('No grade reached yet')).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Missing for “Engaged”' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Give a label' })).toHaveCount(0);
  await expectAccessible(page, 'what is missing for a grade');

  await answerBest(hub.api, `/assessments/${assessment}`);
  await page.reload();
  await expect(page.getByText('Grade reached: Engaged')).toBeVisible();
  await page.getByRole('button', { name: 'Give a label' }).click();
  const give = page.getByRole('dialog', { name: `Give a label to ${NAME}` });
  await expectAccessible(page, 'giving a label');
  await give.getByRole('button', { name: 'Sign and give' }).click();
  const share = page.getByRole('dialog', { name: 'Link and badge of “Engaged”' });
  const address = (await share.getByRole('status', { name: 'Public page' }).innerText()).trim();
  await expect(share.getByRole('img')).not.toHaveJSProperty('naturalWidth', 0);
  await expectAccessible(page, 'link and badge of a label');
  await share.getByRole('button', { name: 'Close' }).last().click();

  // The public address is what the hub was told of itself; the one under test stands in its place.
  const hash = address.slice(address.indexOf('#'));
  const code = hash.split('/').at(-1) ?? '';
  const passer = await elsewhere(page);
  const faults = watchFaults(passer);
  await passer.goto(`${hub.url}/${hash}`);
  await expect(passer.getByRole('heading', { name: NAME, level: 1 })).toBeVisible();
  await expect(passer.getByText('Valid', { exact: true })).toBeVisible();
  await expect(passer.getByText('This browser has checked it: the signature fits the statement.')).toBeVisible();
  await expectAccessible(passer, 'a label that is checked');
  await passer.setViewportSize(phone);
  await expectNoSidewaysScroll(passer, 'a label that is checked on a phone');

  await page.getByRole('button', { name: `Withdraw “Engaged”, ${code}` }).click();
  const withdraw = page.getByRole('dialog', { name: 'Withdraw “Engaged”?' });
  await withdraw.getByRole('button', { name: 'Withdraw for good' }).click();
  await expect(withdraw.getByText('Say why.')).toBeVisible();
  await expectAccessible(page, 'the withdrawal of a label');
  await withdraw.getByLabel('Reason').fill('Given to the wrong company.');
  await withdraw.getByRole('button', { name: 'Withdraw for good' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'Given to the wrong company.' })).toContainText('withdrawn');

  await passer.reload();
  await expect(passer.getByText('Withdrawn', { exact: true })).toBeVisible();
  await passer.getByRole('link', { name: 'Check another label' }).click();
  await passer.getByLabel('Code').fill('AAAA BBBB CCCC DDDD');
  await passer.getByRole('button', { name: 'Check' }).click();
  await expect(passer.getByText('Unknown', { exact: true })).toBeVisible();
  await expectAccessible(passer, 'a label that nobody gave');
  expect(faults, 'errors in the public page').toEqual([]);
  await passer.context().close();
});

test('the taxonomies are found across all lists, with where they come from', async ({ page, hub }) => {
  await arriveSignedIn(page, hub);
  await open(page, 'Taxonomies');
  await expect(page.getByRole('heading', { name: 'Assets', level: 2 })).toBeVisible();
  await page.getByLabel('Search all lists').fill('ransomware');
  await page.getByRole('radio', { name: /^Threats \([1-9]/ }).check();
  await expect(page.getByRole('rowheader', { name: 'Ransomware', exact: true })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Where this list comes from' })).toBeVisible();
  await expect(page.getByText('Licence', { exact: true })).toBeVisible();
  await expectAccessible(page, 'the taxonomies');
  await page.setViewportSize(phone);
  await expectNoSidewaysScroll(page, 'the taxonomies on a phone');
});
