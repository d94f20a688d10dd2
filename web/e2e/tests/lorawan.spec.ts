// LoRaWAN sensors in the browser: allowed by the keeper, heard through a real broker, taken in with a model and a weight, shown, let go.
import { expectAccessible } from '../support/axe.ts';
import { open } from '../support/gateway.ts';
import { expectNoSidewaysScroll, phone } from '../support/layout.ts';
import { allowOutlet } from '../support/outlets.ts';
import { Mosquitto, password, user } from '../support/mosquitto.ts';
import { arriveSignedIn } from '../support/people.ts';
import { account, expect, test } from '../support/system.ts';

const eui = '24e124136b502217';

/** An EM300-DI: battery 92 %, 30.8 °C, 50.5 %, and so many pulses. */
function event(frame: number, pulses: number): string {
  const data = Buffer.alloc(16);
  data.write('01755c03673401046865' + '05c8', 'hex');
  data.writeUInt32LE(pulses, 12);
  return JSON.stringify({
    deduplicationId: `3ac7e3c4-${frame}`, time: '2026-11-23T12:58:59.310Z', deviceInfo: { deviceName: 'Water of the quay', devEui: eui },
    fCnt: frame, fPort: 85, confirmed: false, data: data.toString('base64'), rxInfo: [{ gatewayId: '016c001ff10a235b', rssi: -61, snr: 10.5 }],
  });
}

test('a sensor is heard, taken in and shown', async ({ page, gateway }) => {
  test.setTimeout(240_000);
  const broker = await Mosquitto.start();
  try {
    await gateway.api.setUp(account);
    await arriveSignedIn(page, gateway);
    await open(page, 'LoRaWAN');
    await expect(page.getByRole('heading', { name: 'LoRaWAN', level: 1 })).toBeVisible();
    await expect(page.getByText('The security policy forbids this service.')).toBeVisible();
    await expect(page.getByText('No sensor yet')).toBeVisible();
    await expect(page.getByText('Nobody else is heard')).toBeVisible();
    await expect(page.getByText('Nothing was heard yet')).toBeVisible();
    await expectAccessible(page, 'the LoRaWAN input, off');

    await allowOutlet(gateway, 'lorawan', broker.authority);
    const enabled = page.getByLabel('Listen to sensors', { exact: true });
    await expect(enabled).toBeEnabled();
    await enabled.check();
    await page.getByLabel('Name or address of the broker').fill('127.0.0.1');
    await page.getByLabel('Port', { exact: true }).fill(String(broker.port));
    await page.getByLabel(/^User name/).fill(user);
    await page.getByLabel(/^Password/).fill(password);
    const dialog = page.getByRole('dialog');
    await page.getByRole('button', { name: 'Test', exact: true }).click();
    await expect(dialog.getByText('The broker passes events on.')).toBeVisible();
    await expect(dialog.getByRole('row', { name: /^Ask for the events done/ })).toBeVisible();
    await expectAccessible(page, 'a test that succeeds');
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect(page.getByText('What the network server publishes is heard.')).toBeVisible();

    broker.say(`application/17c8/device/${eui}/event/up`, event(1, 100));
    await page.getByRole('button', { name: 'Take in Water of the quay' }).click();
    await dialog.getByLabel('Model').selectOption('milesight/em300-di');
    await expect(dialog.getByText('Its last uplink, read so')).toBeVisible();
    await expect(dialog.getByText(/Temperature 30\.8/)).toBeVisible();
    await dialog.getByLabel('A pulse of load 1 stands for').fill('10');
    await expectAccessible(page, 'a sensor to be taken in');
    await dialog.getByRole('button', { name: 'Save', exact: true }).click();
    await expect(page.getByText('Nobody else is heard')).toBeVisible();

    broker.say(`application/17c8/device/${eui}/event/up`, event(4, 101));
    const row = page.getByRole('row', { name: /^Water of the quay/ });
    await expect(row).toContainText('online');
    await expect(row).toContainText('1.01');
    await expect(row).toContainText('92');
    await expect(row).toContainText('2 of 4');
    await expectAccessible(page, 'a sensor at work');

    await page.setViewportSize(phone);
    await page.reload();
    await expect(page.getByRole('heading', { name: 'Diagnostics' })).toBeVisible();
    await expectNoSidewaysScroll(page, 'the LoRaWAN input');
    await page.getByRole('button', { name: 'Let Water of the quay go' }).click();
    await dialog.getByRole('button', { name: 'Let it go' }).click();
    await expect(page.getByText('No sensor yet')).toBeVisible();
  } finally {
    await broker.stop();
  }
});
