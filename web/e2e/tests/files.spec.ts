// The file export in the browser: an SFTP server set, its key compared and taken over, tried, given an export and switched on.
import { GatewayApi, securityUser } from '../support/api.ts';
import { expectAccessible } from '../support/axe.ts';
import { FileServer, password, user } from '../support/files.ts';
import { open } from '../support/gateway.ts';
import { expectNoSidewaysScroll, phone } from '../support/layout.ts';
import { arriveSignedIn } from '../support/people.ts';
import { account, expect, type Gateway, test } from '../support/system.ts';

/** What the profile Cyber security does on its page. */
async function allow(gateway: Gateway): Promise<void> {
  const keeper = new GatewayApi(gateway.url, gateway.setupCode);
  await keeper.post('/session', { user: securityUser, password: account.password });
  const { policy, revision } = await keeper.get<{ policy: { services: Record<string, unknown> }; revision: number }>('/policy');
  await keeper.put('/policy', { policy: { ...policy, services: { ...policy.services, file_export: { enabled: true } } }, revision });
  await keeper.close();
}

test('measurements go to a server as files', async ({ page, gateway, plant }) => {
  test.setTimeout(240_000);
  const server = await FileServer.start();
  try {
    await gateway.api.setUp(account);
    await gateway.api.addPlant(plant);
    await arriveSignedIn(page, gateway);
    await open(page, 'File export');
    await expect(page.getByRole('heading', { name: 'File export', level: 1 })).toBeVisible();
    const enabled = page.getByLabel('Send files', { exact: true });
    const save = page.getByRole('button', { name: 'Save', exact: true });
    const trial = page.getByRole('button', { name: 'Test the connection' });
    const dialog = page.getByRole('dialog');
    const port = page.getByLabel('Port', { exact: true });
    await expect(page.getByText('The security policy forbids this service.')).toBeVisible();
    await expect(enabled).toBeDisabled();
    await expect(page.getByText('Nothing goes there yet')).toBeVisible();
    await expect(page.getByText('No file yet')).toBeVisible();
    await expectAccessible(page, 'the file export, off');

    // The usual port goes with the protocol, unless somebody chose another.
    await allow(gateway);
    await expect(enabled).toBeEnabled();
    await expect(port).toHaveValue('21');
    await page.getByLabel('Protocol').selectOption({ label: 'HTTPS, PUT' });
    await expect(port).toHaveValue('443');
    await expect(page.getByLabel(/^Password or token/)).toBeVisible();
    await page.getByLabel('Protocol').selectOption({ label: 'SFTP (over SSH)' });
    await expect(port).toHaveValue('22');
    await port.fill(String(server.port));
    await page.getByLabel('Name or address').fill('127.0.0.1');
    await page.getByLabel('User name').fill(user);
    await page.getByLabel(/^Password/).fill(password);
    await page.getByLabel(/^Folder/).fill('quay/in');
    await enabled.check();
    await save.click();
    await expect(page.getByLabel('Fingerprint of the server’s key')).toBeFocused();

    // The server's key is told by the test, and nothing else is said to a server whose key is not known.
    await trial.click();
    await expect(dialog.getByText('The file did not get there.')).toBeVisible();
    await expect(dialog.getByRole('row', { name: /^Greet the server and verify it failed The server shows a key / })).toBeVisible();
    await expect(dialog.getByText(server.fingerprint)).toBeVisible();
    await expectAccessible(page, 'a key that is not known');
    await dialog.getByRole('button', { name: 'Take it over and test again' }).click();
    await expect(dialog.getByText('The server took the file.')).toBeVisible();
    for (const step of ['Find the address', 'Reach the server', 'Greet the server and verify it', 'Sign in', 'Go to the folder', 'Write a small file', 'Take it away']) {
      await expect(dialog.getByRole('row', { name: new RegExp(`^${step} done `) })).toBeVisible();
    }
    await expectAccessible(page, 'a test that goes well');
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await expect(page.getByLabel('Fingerprint of the server’s key')).toHaveValue(server.fingerprint);
    expect(server.names('quay/in')).toEqual([]);

    // A name that cannot work is told while it is written.
    await page.getByRole('button', { name: 'Add an export' }).click();
    const name = page.getByLabel('Name', { exact: true });
    await expect(name).toBeFocused();
    await expect(name).toHaveValue('Daily');
    await name.fill('Quarters');
    const pattern = page.getByLabel('Name of the files');
    await pattern.fill('{site}');
    await expect(page.getByText('Add {from} or {to}:')).toBeVisible();
    await page.getByLabel('A file for each').selectOption({ label: 'quarter of an hour' });
    await pattern.fill('{site}_{export}_{from}');
    await expect(page.getByText(/^At present: .+_Quarters_\d{8}T\d{4}[+-]\d{4}\.csv$/)).toBeVisible();
    await page.getByLabel('Layout').selectOption({ label: 'CSV as energy gateways write it' });
    await expect(pattern).toHaveValue('{site}_{device}_{export}_{from}');
    await page.getByLabel('Layout').selectOption({ label: 'CSV, one column per series' });
    await expect(pattern).toHaveValue('{site}_{export}_{from}');
    await save.click();
    await expect(page.getByText('All that was due has gone.')).toBeVisible();
    await expect(page.getByText('A password is stored.')).toBeVisible();
    const row = page.getByRole('table', { name: 'How far it has come' }).getByRole('row', { name: /^Quarters quarter of an hour / });
    await expect(row.getByRole('time')).toBeVisible();
    await expectAccessible(page, 'the file export at work');

    await row.getByRole('button', { name: 'Send again from…' }).click();
    await expect(dialog.getByText('On the server, files of the same name are replaced.')).toBeVisible();
    await expectAccessible(page, 'asking from when to send again');
    await dialog.getByRole('button', { name: 'Send again', exact: true }).click();
    await expect(page.getByText('The files go again.')).toBeVisible();
    await expect(dialog).toHaveCount(0);

    // A key of the gateway's own instead of a password.
    await page.getByLabel('Sign in with the gateway’s key, not with a password').check();
    await page.getByRole('button', { name: 'Make a key' }).click();
    await expect(page.getByText(/^ssh-ed25519 /)).toBeVisible();
    await page.getByRole('button', { name: 'Make a new key' }).click();
    await expect(dialog.getByText('until they are given the new line')).toBeVisible();
    await expectAccessible(page, 'asking whether to make a new key');
    await dialog.getByRole('button', { name: 'Cancel' }).click();

    await page.setViewportSize(phone);
    await page.reload();
    await expect(page.getByRole('heading', { name: 'Files sent' })).toBeVisible();
    await expectNoSidewaysScroll(page, 'the file export');
  } finally {
    await server.stop();
  }
});
