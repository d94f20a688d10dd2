// Mail in the browser: set, tried and switched on, with a real server at the other end that gets an alarm.
import { expectAccessible } from '../support/axe.ts';
import { open } from '../support/gateway.ts';
import { expectNoSidewaysScroll, phone } from '../support/layout.ts';
import { MailServer, password, user } from '../support/mail.ts';
import { allowOutlet } from '../support/outlets.ts';
import { arriveSignedIn } from '../support/people.ts';
import { account, expect, test } from '../support/system.ts';

test('alarms go to people by mail', async ({ page, gateway, plant }) => {
  test.setTimeout(240_000);
  const server = await MailServer.start();
  try {
    await gateway.api.setUp(account);
    await gateway.api.addPlant(plant);
    await arriveSignedIn(page, gateway);
    await open(page, 'Mail');
    await expect(page.getByRole('heading', { name: 'Mail', level: 1 })).toBeVisible();
    const enabled = page.getByLabel('Send mail', { exact: true });
    const save = page.getByRole('button', { name: 'Save', exact: true });
    const dialog = page.getByRole('dialog');
    await expect(page.getByText('The security policy forbids this service.')).toBeVisible();
    await expect(enabled).toBeDisabled();
    await expect(page.getByText('No letter yet')).toBeVisible();
    await expectAccessible(page, 'mail, off');

    await allowOutlet(gateway, 'mail', server.authority);
    await expect(enabled).toBeEnabled();
    await enabled.check();
    await page.getByRole('button', { name: 'Add an address' }).click();
    await expect(page.getByLabel('Address', { exact: true })).toBeFocused();
    await page.keyboard.type('nobody');
    await save.click();
    await expect(page.getByLabel('Name or address')).toBeFocused();
    await page.getByLabel('Name or address').fill('127.0.0.1');
    await page.getByLabel('Encryption').selectOption({ label: 'STARTTLS' });
    await expect(page.getByLabel('Port', { exact: true })).toHaveValue('587');
    await page.getByLabel('Encryption').selectOption({ label: 'TLS from the start (SMTPS)' });
    await expect(page.getByLabel('Port', { exact: true })).toHaveValue('465');
    await page.getByLabel('Port', { exact: true }).fill(String(server.port));
    await page.getByLabel(/^User name/).fill(user);
    await page.getByLabel(/^Password/).fill('wrong');
    await page.getByLabel('Sender’s address').fill('gateway@plant.example');
    await page.getByLabel('Gather alarms for (s)').fill('0');
    await save.click();
    await expect(page.getByLabel('Address', { exact: true })).toBeFocused();
    await page.getByLabel('Address', { exact: true }).fill('watch@plant.example');

    // A wrong password is told by the step at which it is refused.
    await page.getByRole('button', { name: 'Send a test letter' }).click();
    await expect(dialog.getByText('The letter did not go.')).toBeVisible();
    await expect(dialog.getByRole('row', { name: /^Sign in failed The server does not know/ })).toBeVisible();
    await expectAccessible(page, 'a test letter that fails');
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await page.getByLabel(/^Password/).fill(password);
    await page.getByRole('button', { name: 'Send a test letter' }).click();
    await expect(dialog.getByText('The server took the letter.')).toBeVisible();
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    expect((await server.next()).to).toEqual(['watch@plant.example']);

    await save.click();
    await expect(page.getByText('All that was due has gone.')).toBeVisible();
    await expect(page.getByText('A password is stored.')).toBeVisible();
    const series = await gateway.api.get<{ items: { device_id: string; channel: number }[] }>('/loads');
    const point = { device: series.items[0]!.device_id, channel: series.items[0]!.channel, quantity: 'voltage_l1' };
    await gateway.api.post('/alarm-rules', {
      name: 'Voltage too high', enabled: true, criticality: 'critical', acknowledgement: 'none', start_delay_s: 0, drop_delay_s: 0,
      condition: { kind: 'analogue', points: [point], join: 'or', high: 100, low: null, hysteresis_percent: 1 },
    });
    const letter = await server.next();
    expect(letter.headers['Subject']).toContain('Critical: Voltage too high');
    expect(letter.text).toContain('threshold 100');
    const row = page.getByRole('row', { name: /Voltage too high/ });
    await expect(row).toContainText('sent');
    await expectAccessible(page, 'mail at work');

    await page.setViewportSize(phone);
    await page.reload();
    await expect(page.getByRole('heading', { name: 'Letters' })).toBeVisible();
    await expectNoSidewaysScroll(page, 'mail');
  } finally {
    await server.stop();
  }
});
