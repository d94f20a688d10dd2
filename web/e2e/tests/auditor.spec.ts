// An audit from beginning to end: the sheet, findings that go back and forth, the signed closing, and the label that follows; every
// dialog on the way as axe sees it.
import { expectAccessible } from '../support/axe.ts';
import { answerBest, company, leaveOut, selfAssessment } from '../support/companies.ts';
import { open } from '../support/gateway.ts';
import { press, tabTo, type } from '../support/keyboard.ts';
import { expectNoSidewaysScroll, phone } from '../support/layout.ts';
import { arriveAs, invited } from '../support/members.ts';
import { arriveSignedIn, elsewhere, signInAs, signOut } from '../support/people.ts';
import { addApp, totp } from '../support/second-factor.ts';
import { account, expect, test, watchFaults } from '../support/system.ts';

const NAME = 'North quay terminal';
const PDF = '%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n';
const MAJOR = 'No copy of the data lies off line';
const MINOR = 'The policy names no date of review';

test('an auditor works through the sheet, findings go back and forth, and the audit is closed and signed', async ({ page, hub }) => {
  test.setTimeout(300_000);
  await hub.api.setUp(account);
  const organisation = await company(hub, NAME);
  const lea = await invited(hub, 'lea', 'member', organisation);
  const omar = await invited(hub, 'omar', 'auditor');
  const own = await selfAssessment(lea.api, organisation);
  await answerBest(lea.api, `/assessments/${own}`, (id) => id === 'POL-01' || id === 'TEC-21');
  const member = await elsewhere(page);
  const faults = watchFaults(member);
  await arriveAs(member, hub, lea, `/assessments/${own}?measure=TEC-21`);
  await member.getByLabel('Choose files').setInputFiles({ name: 'Backup plan.pdf', mimeType: 'application/pdf', buffer: Buffer.from(PDF) });
  await member.getByRole('button', { name: 'Send the file' }).click();
  await expect(member.getByRole('article').filter({ hasText: 'Backup plan.pdf' })).toBeVisible();

  // The auditor comes with a second factor.
  await page.goto(hub.url);
  await signInAs(page, omar);
  await page.getByRole('link', { name: 'omar' }).click();
  const { secret } = await addApp(page, omar.password);
  await signOut(page);
  await signInAs(page, omar, totp(secret, Date.now() + 30_000));
  await open(page, 'Audits');
  await expect(page.getByText('No audit yet')).toBeVisible();
  await page.getByRole('button', { name: 'Begin an audit' }).click();
  const begin = page.getByRole('dialog', { name: 'Begin an audit' });
  await begin.getByLabel('Title').fill('');
  await begin.getByRole('button', { name: 'Begin' }).click();
  await expect(begin.getByText('Give it a title.')).toBeVisible();
  await expectAccessible(page, 'the beginning of an audit');
  await begin.getByLabel('Title').fill('Audit of the quay');
  await begin.getByRole('button', { name: 'Begin' }).click();
  await expect(page.getByRole('heading', { name: 'Audit of the quay', level: 1 })).toBeVisible();

  // A measure: what is declared, the auditor's own verdict and note, the file.
  await page.getByLabel('Search').fill('TEC-21');
  await page.getByRole('navigation', { name: 'Measures' }).getByRole('button', { name: /./ }).last().click();
  await expect(page.getByRole('heading', { level: 2 }).filter({ hasText: 'TEC-21' })).toBeFocused();
  await expect(page.getByText(/^lea, /).first()).toBeVisible();
  const verdict = page.getByRole('group').filter({ has: page.getByRole('radio', { name: 'I do not know' }) }).first();
  await verdict.getByRole('radio').nth(1).check();
  await expect(page.getByText('Saved', { exact: true })).toHaveCount(1);
  await verdict.getByLabel('Comment').fill('Seen in the server room with the provider.');
  await verdict.getByLabel('Comment').blur();
  await expect(page.getByText(/^1 of \d+ questions answered by the auditor$/)).toBeVisible();
  const saved = page.waitForEvent('download');
  await page.getByRole('article').filter({ hasText: 'Backup plan.pdf' }).getByRole('link', { name: /^Save/ }).click();
  expect((await saved).suggestedFilename()).toBe('Backup plan.pdf');
  await expectAccessible(page, 'a measure of an audit');

  // A finding by mouse, another by keyboard alone.
  await page.getByRole('button', { name: 'Add a finding' }).click();
  const find = page.getByRole('dialog', { name: /^New finding about/ });
  await find.getByRole('button', { name: 'Add the finding' }).click();
  await expect(find.getByText('Give it a title.')).toBeVisible();
  await find.getByRole('radio', { name: /^Major non-conformity/ }).check();
  await find.getByLabel('Title').fill(MAJOR);
  await find.getByLabel('What was seen').fill('Both copies hang on the network.');
  await find.getByLabel('Backup plan.pdf').check();
  await find.getByLabel('Recommendation').fill('Take one copy off line each week.');
  await find.getByRole('textbox', { name: 'To be corrected by' }).fill('2027-03-31');
  await expectAccessible(page, 'a new finding');
  await find.getByRole('button', { name: 'Add the finding' }).click();
  const major = page.getByRole('article').filter({ has: page.getByRole('heading', { name: MAJOR }) });
  await expect(major).toContainText('to be corrected by 31 Mar 2027');
  await expect(major).toContainText('Evidence · Backup plan.pdf');
  await expect(page.getByText('1 major non-conformity is open')).toBeVisible();

  await page.goto(`${page.url().split('?')[0]}?measure=POL-01`);
  const add = page.getByRole('button', { name: 'Add a finding' });
  await press(page, add);
  const typed = page.getByRole('dialog', { name: /^New finding about/ });
  await tabTo(page, typed.getByRole('radio', { checked: true }));
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowUp');
  await expect(typed.getByRole('radio', { name: /^Minor non-conformity/ })).toBeChecked();
  await type(page, typed.getByLabel('Title'), MINOR);
  await page.keyboard.press('Enter');
  await expect(typed).toHaveCount(0);
  await expect(add).toBeFocused();
  const minor = page.getByRole('article').filter({ has: page.getByRole('heading', { name: MINOR }) });
  await expect(minor).toContainText('Minor non-conformity');

  // The company reads along and answers; it judges nothing.
  await member.goto(`${hub.url}/audits`);
  await expect(member.getByText('1 major non-conformity is open')).toBeVisible();
  await expect(member.getByRole('button', { name: 'Begin an audit' })).toHaveCount(0);
  await expectAccessible(member, 'the audits, as the company sees them');
  await member.getByRole('link', { name: MAJOR }).click();
  await expect(member.getByText('You read along.', { exact: false })).toBeVisible();
  await expect(member.getByRole('button', { name: 'Close the audit' })).toHaveCount(0);
  await expect(member.getByRole('button', { name: 'Add a finding' })).toHaveCount(0);
  await member.getByRole('button', { name: /^Say what was done/ }).click();
  const correct = member.getByRole('dialog', { name: 'What was done about it' });
  await correct.getByRole('button', { name: 'Tell the auditor' }).click();
  await expect(correct.getByText('Say what was done.', { exact: true })).toBeVisible();
  await correct.getByRole('textbox', { name: 'What was done' }).fill('One disk goes to the safe on Fridays.');
  await correct.getByLabel('Backup plan.pdf').check();
  await expectAccessible(member, 'what was done about a finding');
  await correct.getByRole('button', { name: 'Tell the auditor' }).click();
  await expect(member.getByText('corrected, says the company')).toBeVisible();

  // Not enough, then enough.
  await page.goto(`${page.url().split('?')[0]}?measure=TEC-21`);
  await expect(major).toContainText('One disk goes to the safe on Fridays.');
  await major.getByRole('button', { name: /^Open again/ }).click();
  const again = page.getByRole('dialog', { name: 'Open the finding again?' });
  await again.getByRole('button', { name: 'Open again' }).click();
  await expect(again.getByText('Say what is missing.')).toBeVisible();
  await expectAccessible(page, 'a finding opened again');
  await again.getByLabel('What is missing').fill('Nobody has tried to restore from it.');
  await again.getByRole('button', { name: 'Open again' }).click();
  await expect(major).toContainText('Not enough, says the auditor');
  await member.reload();
  await expect(member.getByText('Nobody has tried to restore from it.')).toBeVisible();
  await member.getByRole('button', { name: /^Say what was done/ }).click();
  await correct.getByRole('textbox', { name: 'What was done' }).fill('Restored on Monday, with a record.');
  await correct.getByRole('button', { name: 'Tell the auditor' }).click();
  await expect(correct).toHaveCount(0);
  await page.reload();
  await major.getByRole('button', { name: /^Seen, corrected/ }).click();
  const accept = page.getByRole('dialog', { name: 'Is it corrected?' });
  await expectAccessible(page, 'a correction that is seen');
  await accept.getByLabel('What you have seen').fill('Record of the restoration.');
  await accept.getByRole('button', { name: 'It is corrected' }).click();
  await expect(major).toContainText('corrected, seen by the auditor');
  await expect(page.getByText('major non-conformity is open')).toHaveCount(0);
  await major.getByRole('button', { name: /^History/ }).click();
  const past = page.getByRole('dialog', { name: 'History of the finding' });
  await expect(past.getByRole('listitem')).toHaveCount(5);
  await expectAccessible(page, 'the history of a finding');
  await page.keyboard.press('Escape');

  // Closed for good, and signed.
  await page.getByRole('button', { name: 'Close the audit' }).click();
  const close = page.getByRole('dialog', { name: 'Close this audit for good?' });
  await expect(close.getByText(/questions have no answer from you/)).toBeVisible();
  await expect(close.getByText('2 findings: their grades and words')).toBeVisible();
  await expectAccessible(page, 'the closing of an audit');
  await close.getByRole('button', { name: 'Close the audit' }).click();
  await expect(page.getByText('Nothing has been changed since')).toBeVisible();
  await expect(page.getByText(/^Closed on .+ by omar$/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Add a finding' })).toHaveCount(0);
  await expect(verdict.getByRole('radio').first()).toBeDisabled();
  await page.getByText('How to check it without the hub').click();
  const statement = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Statement' }).click();
  expect((await statement).suggestedFilename()).toBe('statement.json');
  await expectAccessible(page, 'a closed audit');
  // Of a closed audit only the day of a finding moves.
  await major.getByRole('button', { name: /^Change/ }).click();
  await expect(page.getByRole('dialog', { name: 'Change the finding' }).getByLabel('Title')).toBeDisabled();
  await expectAccessible(page, 'a finding of a closed audit');
  await page.keyboard.press('Escape');
  await page.setViewportSize(phone);
  await expectNoSidewaysScroll(page, 'a closed audit on a phone');

  // What counts now is the auditor's word too.
  await member.goto(`${hub.url}/standing`);
  await expect(member.getByText('Nobody has audited yet.')).toHaveCount(0);
  // The file evidences one measure, the auditor has judged one.
  await expect(member.getByText(/\b1 of \d+ measures known/)).toHaveCount(2);
  expect(faults, 'errors in the pages of the company').toEqual([]);
  await member.context().close();
});

test('an open major non-conformity stands between a company and an audited grade', async ({ page, gateway, hub }) => {
  test.setTimeout(300_000);
  await hub.api.setUp(account);
  // All that concerns this company is its gateway, which proves what it can by itself.
  const { enrolment } = await hub.api.addGateway('Quay substation');
  const { items } = await hub.api.get<{ items: { id: string }[] }>('/organisations');
  const organisation = items[0]?.id ?? '';
  await hub.api.put(`/organisations/${organisation}/profile`, { size: 'micro', nis2: 'none', ot: false, gateways: true });
  await gateway.api.setUp(account);
  await gateway.api.post('/hub-link/enrolment', enrolment);
  const lea = await invited(hub, 'lea', 'member', organisation);
  const omar = await invited(hub, 'omar', 'auditor');
  const own = await selfAssessment(lea.api, organisation);
  const ofGateways = (measure: string) => measure.startsWith('GAT-');
  const { id: audit } = await omar.api.post<{ id: string }>(`/organisations/${organisation}/audits`, { framework: 'haubert-port', title: 'Audit' });
  for (const [api, path] of [[lea.api, `/assessments/${own}`], [omar.api, `/audits/${audit}`]] as const) {
    await leaveOut(api, path, (measure) => !ofGateways(measure));
    await answerBest(api, path, ofGateways);
  }
  const seen = 'The key of the cabinet hangs beside it.';
  const finding = { measure: 'GAT-01', grade: 'major', title: MAJOR, seen, evidence: [], recommendation: '', due: '2027-03-31', revision: 0 };
  const { id: major } = await omar.api.post<{ id: string }>(`/audits/${audit}/findings`, finding);
  await omar.api.post(`/audits/${audit}/closing`, null);

  // Everything but the finding speaks for the highest grade.
  await arriveSignedIn(page, hub);
  await page.goto(`${hub.url}/label?organisation=${organisation}`);
  await expect(page.getByText('1 major non-conformity is open')).toBeVisible();
  await expect(page.getByText('Grade reached: On the way')).toBeVisible();
  await expectAccessible(page, 'a label with an open major non-conformity');
  await page.getByRole('button', { name: 'Give a label' }).click();
  const give = page.getByRole('dialog', { name: `Give a label to ${NAME}` });
  await expect(give.getByText('On the way')).toBeVisible();
  await expect(give.getByText('Confirmed')).toHaveCount(0);
  await page.keyboard.press('Escape');

  await lea.api.put(`/findings/${major}/correction`, { words: 'The key is in the safe.', evidence: [], revision: 1 });
  await omar.api.put(`/findings/${major}/verdict`, { is_accepted: true, words: 'Seen.', revision: 2 });
  await page.goto(`${hub.url}/standing?organisation=${organisation}`);
  await expect(page.getByText('13 of 13 measures known')).toHaveCount(3);
  await expect(page.getByText('Grade reached: Exemplary')).toBeVisible();

  // Who is not of the community's coordination sees it, and gives nothing.
  for (const somebody of [lea, omar]) {
    const other = await elsewhere(page);
    await arriveAs(other, hub, somebody, `/label?organisation=${organisation}`);
    await expect(other.getByText('Grade reached: Exemplary')).toBeVisible();
    await expect(other.getByRole('button', { name: 'Give a label' })).toHaveCount(0);
    await other.context().close();
  }
  await open(page, 'Label');
  await page.getByRole('button', { name: 'Give a label' }).click();
  await give.getByRole('radio', { name: /^Confirmed/ }).check();
  await give.getByRole('button', { name: 'Sign and give' }).click();
  const share = page.getByRole('dialog', { name: 'Link and badge of “Confirmed”' });
  const address = (await share.getByRole('status', { name: 'Public page' }).innerText()).trim();

  // The public address is what the hub was told of itself; the one under test stands in its place.
  const passer = await elsewhere(page);
  await passer.goto(`${hub.url}/${address.slice(address.indexOf('#'))}`);
  await expect(passer.getByRole('heading', { name: NAME, level: 1 })).toBeVisible();
  await expect(passer.getByText('Confirmed', { exact: true })).toBeVisible();
  await expect(passer.getByText('This browser has checked it: the signature fits the statement.')).toBeVisible();
  await passer.context().close();
});
