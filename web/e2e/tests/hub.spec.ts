// The whole chain: the hub's portal makes a place and a token, the gateway joins with it, and its values arrive.
import { expectCurves, open } from '../support/gateway.ts';
import { addGateway, addOrganisation, addSite, enrol } from '../support/hub.ts';
import { arriveSignedIn, elsewhere, setUp } from '../support/people.ts';
import { account, expect, test, watchFaults } from '../support/system.ts';

test('from an organisation to the values of its gateway', async ({ page, hub, gateway, plant }) => {
  test.setTimeout(240_000);
  await setUp(page, hub);
  await expect(page.getByText('No gateway yet')).toBeVisible();
  await addOrganisation(page, 'North quay terminal');
  await addSite(page, 'North quay terminal', 'Container terminal');
  const enrolment = await addGateway(page, 'Container terminal', 'Quay substation');

  const edge = await elsewhere(page);
  const faults = watchFaults(edge);
  await arriveSignedIn(edge, gateway);
  await gateway.api.addPlant(plant);
  await enrol(edge, enrolment);
  await expect(edge.getByText('online', { exact: true }).first()).toBeVisible({ timeout: 30_000 });

  await expect(page.getByText('The gateway is connected.')).toBeVisible({ timeout: 30_000 });
  await open(page, 'Fleet');
  const row = page.getByRole('row').filter({ hasText: 'Quay substation' });
  await expect(row).toContainText('online');
  await expect(row).toContainText(`${plant.tcp.devices.length} of ${plant.tcp.devices.length}`, { timeout: 30_000 });

  await row.getByRole('link', { name: 'Quay substation' }).click();
  await expect(page.getByRole('list', { name: /^Data path/ }).getByRole('listitem')).toHaveCount(5);
  const live = page.getByRole('table', { name: 'Live values by load' });
  await expect(live.getByRole('row').filter({ hasText: 'Reefer rack A' })).toContainText(/\d\s?kW/, { timeout: 30_000 });
  await expectCurves(page, /Active power/, /\d\s?k?W/);
  expect(faults, 'errors in the gateway’s pages').toEqual([]);
  await edge.context().close();
});

test('a token used twice is refused in words', async ({ page, hub, gateway }) => {
  await hub.api.setUp(account);
  const { enrolment } = await hub.api.addGateway('Quay substation');
  await arriveSignedIn(page, gateway);
  await enrol(page, enrolment);
  await expect(page.getByRole('button', { name: 'Leave the hub' })).toBeVisible({ timeout: 30_000 });
  await page.getByRole('button', { name: 'Leave the hub' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Leave the hub' }).click();
  await expect(page.getByRole('button', { name: 'Join', exact: true })).toBeVisible();

  await enrol(page, enrolment);
  await expect(page.getByRole('alert')).toContainText('This token was used already');
});

test('an organisation with sites is not deleted, and says why', async ({ page, hub }) => {
  await arriveSignedIn(page, hub);
  await addOrganisation(page, 'North quay terminal');
  await addSite(page, 'North quay terminal', 'Container terminal');
  await page.getByRole('button', { name: 'Delete North quay terminal' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete North quay terminal?' });
  await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(dialog.getByText(/still has sites/)).toBeVisible();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('heading', { name: 'North quay terminal' })).toBeVisible();
});

test('a revoked gateway is refused at once', async ({ page, hub, gateway }) => {
  await hub.api.setUp(account);
  const { id, enrolment } = await hub.api.addGateway('Quay substation');
  await gateway.api.setUp(account);
  await gateway.api.post('/hub-link/enrolment', enrolment);
  await expect.poll(async () => (await hub.api.get<{ online: boolean }>(`/gateways/${id}`)).online, { timeout: 30_000 }).toBe(true);

  await arriveSignedIn(page, hub);
  await page.goto(`${hub.url}/gateways/${id}`);
  await page.getByRole('button', { name: 'Revoke' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke now' }).click();
  await expect(page.getByText('This gateway is revoked')).toBeVisible();
  const link = async () => (await gateway.api.get<{ state: string }>('/hub-link')).state;
  await expect.poll(link, { timeout: 30_000 }).toBe('refused');
});
