// Every page and dialog of both apps: no serious finding of axe in light or dark, and nothing wider than a phone.
import type { Page } from '@playwright/test';
import { expectAccessible } from '../support/axe.ts';
import { expectNoSidewaysScroll, phone } from '../support/layout.ts';
import { arriveSignedIn } from '../support/people.ts';
import { account, expect, type Gateway, type Hub, type Plant, test } from '../support/system.ts';

const gatewayPages = ['/', '/live', '/alarms', '/alarms?view=past', '/alarms?view=rules', '/trends', '/consumption', '/comparison', '/pictures', '/report', '/shedding', '/tariffs', '/inputs/lorawan', '/site', '/sources', '/sources/discover', '/history', '/hub', '/time-and-links', '/outlets/modbus', '/outlets/mqtt', '/outlets/snmp', '/outlets/bacnet', '/outlets/mail', '/outlets/files', '/outlets/push', '/diagnostics', '/events'];

interface Look {
  name: string;
  /** Brings the page there. */
  go: (page: Page) => Promise<void>;
}

const at = (url: string, path: string): Look => ({
  name: path,
  go: async (page) => {
    await page.goto(`${url}${path}`);
    await expect(page.locator('main h1')).toBeVisible();
    await expect(page.getByText('Loading…')).toHaveCount(0);
  },
});

const dialog = (from: Look, button: string | RegExp): Look => ({
  name: `${from.name}, dialog of “${button}”`,
  go: async (page) => {
    await from.go(page);
    await page.getByRole('button', { name: button }).first().click();
    await expect(page.getByRole('dialog')).toBeVisible();
  },
});

const menu = (url: string): Look => ({
  name: 'the menu',
  go: async (page) => {
    await page.goto(url);
    await page.getByRole('button', { name: 'Open the menu' }).click();
    await expect(page.getByRole('navigation', { name: 'Main navigation' })).toBeVisible();
  },
});

async function gatewayLooks(page: Page, gateway: Gateway, plant: Plant): Promise<Look[]> {
  await arriveSignedIn(page, gateway);
  await gateway.api.addPlant(plant);
  const values = async () => (await gateway.api.get<{ items: unknown[] }>('/live')).items.length;
  await expect.poll(values, { timeout: 30_000 }).toBeGreaterThan(0);
  const sources = at(gateway.url, '/sources');
  const site = at(gateway.url, '/site');
  return [
    ...gatewayPages.map((path) => at(gateway.url, path)),
    dialog(sources, 'Add a bus'),
    dialog(sources, 'Add a meter by hand'),
    dialog(sources, /^Test /),
    dialog(sources, /^Delete /),
    dialog(at(gateway.url, '/history'), 'Export…'),
    dialog(sources, /^Edit /),
    dialog(site, 'Add a zone'),
    dialog(site, /^Edit /),
  ];
}

async function hubLooks(page: Page, hub: Hub, gateway: Gateway, plant: Plant): Promise<Look[]> {
  await hub.api.setUp(account);
  const { id, enrolment } = await hub.api.addGateway('Quay substation');
  const { id: waiting } = await waitingGateway(hub, id);
  await gateway.api.setUp(account);
  await gateway.api.addPlant(plant);
  await gateway.api.post('/hub-link/enrolment', enrolment);
  const series = async () => (await hub.api.get<{ items: unknown[] }>(`/gateways/${id}/series`)).items.length;
  await expect.poll(series, { timeout: 60_000 }).toBeGreaterThan(0);
  await arriveSignedIn(page, hub);
  const organisations = at(hub.url, '/organisations');
  const detail = at(hub.url, `/gateways/${id}`);
  const token: Look = {
    name: 'the token',
    go: async (shown) => {
      await at(hub.url, '/gateways/new').go(shown);
      await shown.getByLabel('Name').fill('Gate house');
      await shown.getByRole('button', { name: 'Add and make a token' }).click();
      await expect(shown.getByText('Gate house is ready to enrol')).toBeVisible();
    },
  };
  return [
    at(hub.url, '/'),
    organisations,
    at(hub.url, '/gateways/new'),
    at(hub.url, '/nowhere'),
    detail,
    at(hub.url, `/gateways/${waiting}`),
    token,
    dialog(organisations, 'Add an organisation'),
    dialog(organisations, /^Add a site to/),
    dialog(organisations, /^Delete /),
    dialog(detail, 'Revoke'),
    dialog(detail, 'New enrolment token'),
    dialog(detail, 'Rename or move'),
    dialog(detail, /^All quantities/),
  ];
}

async function waitingGateway(hub: Hub, beside: string): Promise<{ id: string }> {
  const { site_id } = await hub.api.get<{ site_id: string }>(`/gateways/${beside}`);
  const { gateway } = await hub.api.post<{ gateway: { id: string } }>('/gateways', { site_id, name: 'Weighbridge' });
  return gateway;
}

test.describe('accessible', () => {
  test.setTimeout(300_000);

  test('set-up and sign-in', async ({ page, gateway, hub }) => {
    for (const app of [gateway, hub]) {
      await page.goto(app.url);
      await expect(page.getByRole('heading', { name: 'First set-up' })).toBeVisible();
      await expectAccessible(page, 'set-up');
      await app.api.setUp(account);
      await page.goto(app.url);
      await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
      await expectAccessible(page, 'sign-in');
    }
  });

  test('the gateway, before its first meter', async ({ page, gateway }) => {
    await arriveSignedIn(page, gateway);
    for (const path of gatewayPages) {
      await at(gateway.url, path).go(page);
      await expectAccessible(page, `${path}, empty`);
    }
  });

  test('the gateway', async ({ page, gateway, plant }) => {
    for (const { name, go } of await gatewayLooks(page, gateway, plant)) {
      await go(page);
      await expectAccessible(page, name);
    }
  });

  test('the hub', async ({ page, hub, gateway, plant }) => {
    for (const { name, go } of await hubLooks(page, hub, gateway, plant)) {
      await go(page);
      await expectAccessible(page, name);
    }
  });

  test('the hub, before its first gateway', async ({ page, hub }) => {
    await arriveSignedIn(page, hub);
    for (const path of ['/', '/organisations', '/gateways/new']) {
      await at(hub.url, path).go(page);
      await expectAccessible(page, `${path}, empty`);
    }
  });
});

test.describe('on a phone', () => {
  test.use({ viewport: phone, hasTouch: true });
  test.setTimeout(180_000);

  test('nothing of the gateway scrolls sideways', async ({ page, gateway, plant }) => {
    const looks = await gatewayLooks(page, gateway, plant);
    for (const { name, go } of [...looks, menu(gateway.url)]) {
      await go(page);
      await expectNoSidewaysScroll(page, name);
    }
  });

  test('nothing of the hub scrolls sideways', async ({ page, hub, gateway, plant }) => {
    const looks = await hubLooks(page, hub, gateway, plant);
    for (const { name, go } of [...looks, menu(hub.url)]) {
      await go(page);
      await expectNoSidewaysScroll(page, name);
    }
  });
});
