// Around the community: a campaign from the asking to the beginning, another framework, everybody at a glance; and
// every dialog on the way as axe sees it.
import { expectAccessible } from '../support/axe.ts';
import { company } from '../support/companies.ts';
import { open } from '../support/gateway.ts';
import { expectNoSidewaysScroll, phone } from '../support/layout.ts';
import { arriveSignedIn } from '../support/people.ts';
import { expect, test } from '../support/system.ts';

// Where one reads it is never the day that it is for the community: 25 hours lie between the two.
test.use({ hubConfig: 'time_zone = "Pacific/Pago_Pago"\n', timezoneId: 'Pacific/Kiritimati' });

const NAME = 'North quay terminal';
const CAMPAIGN = 'Self-assessment of the port';

test('a campaign is made, begun by an organisation from its standing page, and closed', async ({ page, hub }) => {
  test.setTimeout(180_000);
  await arriveSignedIn(page, hub);
  const organisation = await company(hub, NAME);
  await company(hub, 'South quay warehouse');
  await open(page, 'Campaigns');
  await expect(page.getByText('No campaign yet')).toBeVisible();
  await page.getByRole('button', { name: 'New campaign' }).click();
  const make = page.getByRole('dialog', { name: 'New campaign' });
  await make.getByRole('radio', { name: 'Only those chosen' }).check();
  await make.getByRole('button', { name: 'Begin the campaign' }).click();
  await expect(make.getByText('Give it a title.')).toBeVisible();
  await expect(make.getByText('Choose at least one organisation.')).toBeVisible();
  await expectAccessible(page, 'a new campaign');
  await make.getByLabel('Title').fill(CAMPAIGN);
  await make.getByLabel('List of measures').selectOption({ index: 0 });
  await make.getByLabel(NAME).check();
  await make.getByRole('button', { name: 'Begin the campaign' }).click();
  await expect(page.getByRole('heading', { name: CAMPAIGN, level: 1 })).toBeVisible();
  await expect(page.getByRole('row').filter({ hasText: NAME })).toContainText('not begun');
  await expectAccessible(page, 'a campaign');

  await page.goto(`${hub.url}/standing?organisation=${organisation}`);
  await expect(page.getByText(`The community asks you for “${CAMPAIGN}”`)).toBeVisible();
  await expectAccessible(page, 'what the community asks');
  await page.getByRole('button', { name: 'Begin the assessment' }).click();
  await expect(page).toHaveURL(/\/assessments\//);

  await open(page, 'Campaigns');
  await page.getByRole('link', { name: CAMPAIGN }).click();
  await expect(page.getByRole('row').filter({ hasText: NAME })).toContainText('0% answered');
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  const change = page.getByRole('dialog', { name: 'Change the campaign' });
  await change.getByLabel('South quay warehouse').check();
  await expectAccessible(page, 'the change of a campaign');
  await change.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'South quay warehouse' })).toContainText('not begun');

  await page.getByRole('main').getByRole('button', { name: 'Close', exact: true }).click();
  const close = page.getByRole('dialog', { name: `Close “${CAMPAIGN}”?` });
  await expect(close.getByText('2 organisations have not closed their assessment.')).toBeVisible();
  await expectAccessible(page, 'the closing of a campaign');
  await close.getByRole('button', { name: 'Close for good' }).click();
  await expect(page.getByText('The campaign is closed.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Change', exact: true })).toHaveCount(0);
  await page.setViewportSize(phone);
  await expectNoSidewaysScroll(page, 'a campaign on a phone');
});

test('another framework is seen through the measures, and the whole community at a glance', async ({ page, hub }) => {
  test.setTimeout(120_000);
  await arriveSignedIn(page, hub);
  const organisation = await company(hub, NAME);
  await page.goto(`${hub.url}/mapping?organisation=${organisation}`);
  await expect(page.getByText('This proves no conformity')).toBeVisible();
  await expect(page.getByRole('rowheader')).toHaveCount(10);
  await expectAccessible(page, 'another framework');
  await page.getByRole('radio', { name: 'ANSSI hygiene' }).check();
  await expect(page.getByRole('rowheader')).toHaveCount(42);
  await page.getByLabel('Weakest measure', { exact: true }).selectOption('no measure');
  await expect(page.getByRole('rowheader', { name: 'Measure 17', exact: true })).toBeVisible();
  await expect(page).toHaveURL(/to=anssi_hygiene/);

  // However many organisations there are, their figures come together.
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await open(page, 'All organisations');
  await expect(page.getByRole('row').filter({ hasText: NAME })).toContainText('none yet');
  expect(asked.filter((path) => path.endsWith('/indicators'))).toEqual(['/api/v1/indicators']);
  await expectAccessible(page, 'the community');
  await page.setViewportSize(phone);
  for (const path of ['mapping', 'community', 'campaigns', 'account']) {
    await page.goto(`${hub.url}/${path}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expectNoSidewaysScroll(page, `${path} on a phone`);
  }
});
