// A list leaves the screen in three forms, by keyboard alone, under the policy that the hub sends; nothing in it runs where it is opened.
import { strFromU8, unzipSync } from 'fflate';
import { expectAccessible } from '../support/axe.ts';
import { take } from '../support/export.ts';
import { open } from '../support/gateway.ts';
import { arriveSignedIn } from '../support/people.ts';
import { account, expect, test } from '../support/system.ts';

const FORMULA = '=HYPERLINK("https://evil.example")';

test('a list is taken along as CSV, XLSX and JSON by keyboard', async ({ page, hub }) => {
  await arriveSignedIn(page, hub);
  await hub.api.post('/organisations', { name: FORMULA, kind: 'terminal' });
  await open(page, 'Organisations and sites');
  await expect(page.getByRole('heading', { name: FORMULA })).toBeVisible();

  const button = page.getByRole('button', { name: 'Export', exact: true });
  await button.press('ArrowUp');
  await expect(button).toHaveAttribute('aria-expanded', 'true');
  await expect(page.getByRole('menuitem', { name: 'JSON' })).toBeFocused();
  await expectAccessible(page, 'the menu of an export');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('menu')).toHaveCount(0);
  await expect(button).toBeFocused();

  const csv = await take(page, button, 'c');
  expect(csv.name).toMatch(/^organisations-and-sites-\d{4}-\d{2}-\d{2}\.csv$/);
  expect(csv.content.toString()).toContain('"\'=HYPERLINK(""https://evil.example"")",Terminal');

  const json = JSON.parse((await take(page, button, 'j')).content.toString()) as Record<string, unknown>[];
  expect(json).toContainEqual(expect.objectContaining({ organisation: FORMULA, kind: 'terminal', site: null, gateways: 0 }));

  const xlsx = await take(page, button, 'e');
  expect(xlsx.name).toMatch(/\.xlsx$/);
  const sheet = strFromU8(unzipSync(xlsx.content)['xl/worksheets/sheet1.xml'] ?? new Uint8Array());
  expect(sheet).toContain('=HYPERLINK(&quot;https://evil.example&quot;)</t>');
  expect(sheet).not.toMatch(/<f[ >]/);
});

test('the meters of a gateway and who calls it are taken along the same way', async ({ page, gateway, plant }) => {
  await gateway.api.setUp(account);
  await gateway.api.addPlant(plant);
  await arriveSignedIn(page, gateway);
  const { items: devices } = await gateway.api.get<{ items: { name: string }[] }>('/devices');
  const names = devices.map(({ name }) => name).sort();
  expect(names).toHaveLength(plant.tcp.devices.length);

  await open(page, 'Sources');
  const meters = page.getByRole('button', { name: /^Export: Meters on / });
  await expect(meters).toHaveCount(1);
  const json = await take(page, meters, 'j');
  expect(json.name).toMatch(/^meters-on-.+\.json$/);
  expect((JSON.parse(json.content.toString()) as { name: string }[]).map(({ name }) => name).sort()).toEqual(names);
  const csv = (await take(page, meters, 'c')).content.toString();
  for (const name of names) expect(csv).toContain(name);

  await open(page, 'Firewall');
  const xlsx = await take(page, page.getByRole('button', { name: 'Export: Sources' }), 'e');
  expect(strFromU8(unzipSync(xlsx.content)['xl/worksheets/sheet1.xml'] ?? new Uint8Array())).toContain('127.0.0.1');
});
