// The first hour of a small company whose administrator was invited: from nothing to a report on paper, the self-assessment by keyboard
// alone. What the coordinator sees of the same pages is walked in standing.spec.ts, plan.spec.ts and inventory.spec.ts.
import { expectAccessible } from '../support/axe.ts';
import { open } from '../support/gateway.ts';
import { press, tabTo } from '../support/keyboard.ts';
import { expectNoSidewaysScroll, phone } from '../support/layout.ts';
import { arriveAs, invited } from '../support/members.ts';
import { pagesOf } from '../support/pdf.ts';
import { account, expect, test } from '../support/system.ts';

const NAME = 'South quay warehouse';
const STEPS = 6;

test('a small company has its first score, its plan and its report within an hour', async ({ page, hub }) => {
  test.setTimeout(240_000);
  await hub.api.setUp(account);
  const { id } = await hub.api.post<{ id: string }>('/organisations', { name: NAME, kind: 'logistics' });
  const lea = await invited(hub, 'lea', 'member_admin', id);
  await arriveAs(page, hub, lea);
  await open(page, 'Report');
  await expect(page.getByText('Nothing to report yet')).toBeVisible();
  await expectAccessible(page, 'a report about nothing');
  await page.getByRole('link', { name: 'Where we stand' }).last().click();

  // By keyboard alone: profile, first measure, and on to the next.
  const size = page.getByLabel('Size');
  await tabTo(page, size);
  await page.keyboard.press('ArrowDown');
  await press(page, page.getByRole('button', { name: 'Save the profile' }));
  await press(page, page.getByRole('button', { name: 'Begin the self-assessment' }));
  await expect(page.getByText(/^Measure 1 of \d+$/)).toBeVisible();
  const questions = page.getByRole('group').filter({ has: page.getByRole('radio', { name: 'I do not know' }) });
  for (const [at, question] of (await questions.all()).entries()) {
    await tabTo(page, question.getByRole('radio').first());
    await page.keyboard.press('Space');
    for (let down = 0; down < 2; down += 1) await page.keyboard.press('ArrowDown');
    await expect(question.getByRole('radio').nth(2)).toBeChecked();
    await expect(page.getByText('Saved', { exact: true })).toHaveCount(at + 1);
  }
  await press(page, page.getByRole('button', { name: 'Next', exact: true }));
  await expect(page.getByText(/^Measure 2 of \d+$/)).toBeVisible();
  await expect(page.getByRole('heading', { level: 2 })).toBeFocused();

  // What it is worth, and six steps that win most.
  await open(page, 'Where we stand');
  const figure = async () => Number(await page.locator('.figure strong').first().innerText());
  await expect(page.getByText(/\b1 of \d+ measures known/).first()).toBeVisible();
  const before = await figure();
  const steps = page.getByRole('listitem').filter({ has: page.getByRole('button', { name: 'Add to the plan' }) });
  await expect(steps).toHaveCount(STEPS);
  const first = await steps.first().getByRole('heading').innerText();

  // The chain of the data path, and what is feared most.
  await open(page, 'Data path');
  await page.getByRole('button', { name: /^Cloud/ }).click();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText(/^The weakest ring is/)).toBeVisible();
  await open(page, 'Feared scenarios');
  await page.getByRole('link', { name: 'Ransomware halts the terminal' }).click();
  await page.getByLabel('We fear this one').check();
  await page.getByRole('button', { name: 'Save the rating' }).click();
  await expect(page.getByText('Rating saved.')).toBeVisible();

  // All six into the plan; each says where it went.
  await open(page, 'Where we stand');
  for (let left = STEPS; left > 0; left -= 1) {
    await page.getByRole('button', { name: 'Add to the plan' }).first().click();
    await expect(page.getByRole('button', { name: 'Add to the plan' })).toHaveCount(left - 1);
  }
  await expect(page.getByRole('link', { name: /^In the plan: To do/ })).toHaveCount(STEPS);
  await open(page, 'Plan of action');
  await expect(page.getByRole('table').getByRole('rowheader')).toHaveCount(STEPS);

  // The first of them is done and said: the score moves.
  await open(page, 'Where we stand');
  await page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: first }) }).getByRole('link', { name: /^To its question/ }).click();
  await expect(page.getByRole('heading', { name: first, level: 2 })).toBeVisible();
  for (const question of await questions.all()) await question.getByRole('radio').nth(3).check();
  await expect(page.getByText('Saved', { exact: true })).toHaveCount(await questions.count());
  await open(page, 'Where we stand');
  await expect.poll(figure).toBeGreaterThan(before);

  await open(page, 'Report');
  await expect(page.getByText('Report to management')).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Six next steps' })).toBeVisible();
  await expectAccessible(page, 'the report to management');
  await page.emulateMedia({ media: 'print' });
  await expect(page.getByRole('navigation', { name: 'Main navigation' })).toBeHidden();
  const paper = pagesOf(await page.pdf({ format: 'A4' }));
  expect(paper.length).toBeGreaterThanOrEqual(1);
  expect(paper.length).toBeLessThanOrEqual(2);
  for (const words of [NAME, 'Report to management', 'Resilience score', 'The weakest ring of the data path', 'Six next steps', 'Plan of action']) {
    expect(paper.join(''), words).toContain(words.replace(/\s/g, ''));
  }
  // The head comes again on each page.
  for (const sheet of paper) expect(sheet).toContain('Reporttomanagement');
  await page.emulateMedia({ media: null });

  // The same for others, and in French.
  for (const [reader, heading] of [['Authority', 'Duties to report, and their clocks'], ['Auditor', 'Measures one by one']] as const) {
    await page.getByRole('radio', { name: reader }).check();
    await expect(page.getByRole('heading', { name: heading })).toBeVisible();
    await expectAccessible(page, `the report to the ${reader}`);
  }
  const many = pagesOf(await page.pdf({ format: 'A4' }));
  expect(many.length).toBeGreaterThan(1);
  await page.getByRole('radio', { name: 'Français' }).check();
  await expect(page.getByRole('heading', { name: 'Mesure par mesure' }).or(page.locator('article[lang=fr] h2').last())).toBeVisible();
  await page.setViewportSize(phone);
  await expectNoSidewaysScroll(page, 'the report on a phone');
});
