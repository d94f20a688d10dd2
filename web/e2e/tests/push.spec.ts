// The HTTPS push in the browser: allowed by the keeper, set, tried, given keys and switched on by the administrator, with a collector at the other
// end that checks signatures.
import { expectAccessible } from '../support/axe.ts';
import { open } from '../support/gateway.ts';
import { expectNoSidewaysScroll, phone } from '../support/layout.ts';
import { allowOutlet } from '../support/outlets.ts';
import { arriveSignedIn } from '../support/people.ts';
import { account, expect, test } from '../support/system.ts';
import { Collector, token } from '../support/webhooks.ts';

test('measurements are pushed, signed', async ({ page, gateway, plant }) => {
  test.setTimeout(240_000);
  const collector = await Collector.start();
  try {
    await gateway.api.setUp(account);
    await gateway.api.addPlant(plant);
    await arriveSignedIn(page, gateway);
    await open(page, 'HTTPS push');
    await expect(page.getByRole('heading', { name: 'HTTPS push', level: 1 })).toBeVisible();
    const enabled = page.getByLabel('Push by HTTPS', { exact: true });
    const save = page.getByRole('button', { name: 'Save', exact: true });
    const trial = page.getByRole('button', { name: 'Test', exact: true });
    const dialog = page.getByRole('dialog');
    await expect(page.getByText('The security policy forbids this service.')).toBeVisible();
    await expect(enabled).toBeDisabled();
    await expectAccessible(page, 'the HTTPS push, off');

    // What is wrong with an address is said beside it.
    await allowOutlet(gateway, 'push', collector.authority);
    await expect(enabled).toBeEnabled();
    await enabled.check();
    await page.getByLabel('Address', { exact: true }).fill('http://127.0.0.1/in');
    await save.click();
    await expect(page.getByLabel('Address', { exact: true })).toBeFocused();

    // The collector refuses what is not signed with the secret that it knows.
    await page.getByLabel('Address', { exact: true }).fill(collector.url);
    await page.getByLabel(/^Password or token/).fill(token);
    await trial.click();
    await expect(dialog.getByText('The message did not go.')).toBeVisible();
    await expect(dialog.getByRole('row', { name: /^Hand over a signed message failed The server refuses the message: 400 / })).toBeVisible();
    await expectAccessible(page, 'a push that is refused');
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await page.getByRole('button', { name: 'Make new keys' }).click();
    await dialog.getByRole('button', { name: 'Make new keys' }).click();
    await expect(dialog.getByRole('heading', { name: 'The new secret' })).toBeVisible();
    await expectAccessible(page, 'a secret, shown once');
    collector.secret = (await dialog.getByText(/^whsec_/).textContent())?.trim() ?? '';
    await dialog.getByRole('button').last().click();
    await expect(page.getByText(/^whsec_/)).toHaveCount(0);
    await trial.click();
    await expect(dialog.getByText('The server took the message.')).toBeVisible();
    await dialog.getByRole('button', { name: 'Close' }).last().click();

    await page.getByLabel('Newest values every (s)').fill('1');
    await save.click();
    await expect(page.getByText('A password is stored.')).toBeVisible();
    await expect.poll(() => new Set(collector.told.map((one) => one.type)), { timeout: 60_000 }).toEqual(new Set(['gateway.test', 'alarms.changed', 'measurements.newest']));
    await expect(page.getByText('Requests taken')).toBeVisible();
    await expectAccessible(page, 'the HTTPS push at work');

    await page.setViewportSize(phone);
    await page.reload();
    await expect(page.getByRole('heading', { name: 'Signatures' })).toBeVisible();
    await expectNoSidewaysScroll(page, 'the HTTPS push');
  } finally {
    await collector.stop();
  }
});
