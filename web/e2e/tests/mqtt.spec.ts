// The MQTT client in the browser: allowed by the keeper, set, tried and switched on by the administrator, with a real broker at the other end.
import { expectAccessible } from '../support/axe.ts';
import { open } from '../support/gateway.ts';
import { expectNoSidewaysScroll, phone } from '../support/layout.ts';
import { allowOutlet } from '../support/outlets.ts';
import { Mosquitto, password, user } from '../support/mosquitto.ts';
import { arriveSignedIn } from '../support/people.ts';
import { account, expect, test } from '../support/system.ts';

test('measurements go to a broker', async ({ page, gateway, plant }) => {
  test.setTimeout(240_000);
  const broker = await Mosquitto.start();
  try {
    await gateway.api.setUp(account);
    await gateway.api.addPlant(plant);
    await arriveSignedIn(page, gateway);
    await open(page, 'MQTT client');
    await expect(page.getByRole('heading', { name: 'MQTT client', level: 1 })).toBeVisible();
    const enabled = page.getByLabel('Send measurements', { exact: true });
    const save = page.getByRole('button', { name: 'Save', exact: true });
    const dialog = page.getByRole('dialog');
    await expect(page.getByText('The security policy forbids this service.')).toBeVisible();
    await expect(enabled).toBeDisabled();
    await expect(page.getByText('Nothing was sent yet')).toBeVisible();
    await expectAccessible(page, 'the MQTT client, off');

    await allowOutlet(gateway, 'mqtt', broker.authority);
    await expect(enabled).toBeEnabled();
    await enabled.check();
    await save.click();
    await expect(page.getByLabel('Name or address')).toBeFocused();
    await expect(page.getByText('This is needed.')).toBeVisible();

    // A wrong password is told by the step at which it is refused.
    await page.getByLabel('Name or address').fill('127.0.0.1');
    await page.getByLabel('Port', { exact: true }).fill(String(broker.port));
    await page.getByLabel(/^User name/).fill(user);
    await page.getByLabel(/^Password/).fill('wrong');
    await page.getByLabel('Topic prefix').fill('port/quay');
    await page.getByLabel('Newest values every (s)').fill('1');
    await page.getByRole('button', { name: 'Test', exact: true }).click();
    await expect(dialog.getByText('The broker was not reached all the way.')).toBeVisible();
    await expect(dialog.getByRole('row', { name: /^Be let in failed The broker does not / })).toBeVisible();
    await expectAccessible(page, 'a test that fails');
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await page.getByLabel(/^Password/).fill(password);
    await page.getByRole('button', { name: 'Test', exact: true }).click();
    await expect(dialog.getByText('The broker takes messages.')).toBeVisible();
    await expect(dialog.getByRole('row', { name: /^Agree on TLS and verify the server done TLSv1_3 · .*Broker of the port/ })).toBeVisible();
    await dialog.getByRole('button', { name: 'Close' }).last().click();

    await save.click();
    await expect(page.getByText('The broker takes what is sent.')).toBeVisible();
    await expect(page.getByText('A password is stored.')).toBeVisible();
    expect(broker.first('port/quay/status')).toBe('online');
    const live = JSON.parse(broker.first('port/quay/+/+/live')) as { values: Record<string, { quality: string }> };
    expect(Object.keys(live.values).length).toBeGreaterThan(0);
    await expect(page.getByText('Messages sent')).toBeVisible();
    await expectAccessible(page, 'the MQTT client at work');

    await page.setViewportSize(phone);
    await page.reload();
    await expect(page.getByRole('heading', { name: 'Diagnostics' })).toBeVisible();
    await expectNoSidewaysScroll(page, 'the MQTT client');
  } finally {
    await broker.stop();
  }
});
