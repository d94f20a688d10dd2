// From a new company to a score that moves: profile, self-assessment, next step, scenario, data path; and somebody invited who sees
// only the own company.
import { expectAccessible } from '../support/axe.ts';
import { open } from '../support/gateway.ts';
import { addOrganisation } from '../support/hub.ts';
import { arriveSignedIn, elsewhere, setUp } from '../support/people.ts';
import { expect, test } from '../support/system.ts';

test('a new company reaches its first score, its next steps and a picture of its data path', async ({ page, hub }) => {
  test.setTimeout(240_000);
  await setUp(page, hub);
  await addOrganisation(page, 'North quay terminal');
  await open(page, 'Where we stand');
  await page.getByLabel('Size').selectOption('10 to 49 people');
  await page.getByLabel('We run industrial systems').check();
  await page.getByRole('button', { name: 'Save the profile' }).click();
  await page.getByRole('button', { name: 'Begin the self-assessment' }).click();
  await expect(page.getByText(/^Measure 1 of \d+$/)).toBeVisible();
  await expectAccessible(page, 'the self-assessment');

  // The whole first measure, by its last choices: each is saved at once.
  const questions = page.getByRole('group').filter({ has: page.getByRole('radio', { name: 'I do not know' }) });
  for (const [at, question] of (await questions.all()).entries()) {
    await question.getByRole('radio').nth(3).check();
    await expect(page.getByText('Saved', { exact: true })).toHaveCount(at + 1);
  }

  await open(page, 'Where we stand');
  await expect(page.getByRole('heading', { name: 'Resilience score' })).toBeVisible();
  await expect(page.getByText(/\b1 of \d+ measures known/).first()).toBeVisible();
  await expect(page.getByRole('link', { name: 'How to do it' }).first()).toBeVisible();
  await expectAccessible(page, 'where we stand');
  await page.getByRole('link', { name: 'How to do it' }).first().click();
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expectAccessible(page, 'a sheet of the guide');

  await open(page, 'Feared scenarios');
  await page.getByRole('link', { name: 'Ransomware halts the terminal' }).click();
  await page.getByLabel('We fear this one').check();
  await page.getByRole('button', { name: 'Save the rating' }).click();
  await expect(page.getByText('Rating saved.')).toBeVisible();
  await expectAccessible(page, 'a scenario');

  await open(page, 'Data path');
  await page.getByRole('button', { name: /^Cloud/ }).click();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText(/^The weakest ring is/)).toBeVisible();
  await expectAccessible(page, 'the data path');
});

test('somebody invited chooses a password and sees the own company only', async ({ page, hub }) => {
  test.setTimeout(120_000);
  await arriveSignedIn(page, hub);
  await addOrganisation(page, 'North quay terminal');
  const { id } = await hub.api.post<{ id: string }>('/organisations', { name: 'South quay warehouse', kind: 'logistics' });
  const { url, token } = await hub.api.post<{ url: string; token: string }>('/invitations', { profile: 'member', organisation_id: id });
  const newcomer = await elsewhere(page);
  await newcomer.goto(url);
  await expect(newcomer.getByText('South quay warehouse')).toBeVisible();
  expect(newcomer.url()).not.toContain(token);
  await expectAccessible(newcomer, 'an invitation');
  await newcomer.getByLabel('Name to sign in with').fill('lea');
  await newcomer.getByLabel('Password', { exact: true }).fill('Tidal-Basin-Crane-9');
  await newcomer.getByRole('button', { name: 'Make the account and sign in' }).click();
  await open(newcomer, 'Organisations and sites');
  await expect(newcomer.getByRole('heading', { name: 'South quay warehouse' })).toBeVisible();
  await expect(newcomer.getByText('North quay terminal')).toHaveCount(0);
  await newcomer.context().close();
});
