// The Modbus TCP server in the browser: allowed by the keeper, switched on and tried by the administrator, read by a system of somebody
// else's, whose doings the page shows, and closed while that system is connected.
import { expectAccessible } from '../support/axe.ts';
import { take } from '../support/export.ts';
import { open } from '../support/gateway.ts';
import { expectNoSidewaysScroll, phone } from '../support/layout.ts';
import { Master } from '../support/modbus.ts';
import { allowOutlet } from '../support/outlets.ts';
import { arriveSignedIn } from '../support/people.ts';
import { account, expect, test } from '../support/system.ts';

interface Server {
  address: string;
  units: { unit: number; device: string | null }[];
}

test('another system reads the meters by Modbus TCP', async ({ page, gateway, plant }) => {
  test.setTimeout(240_000);
  await gateway.api.setUp(account);
  await gateway.api.addPlant(plant);
  await arriveSignedIn(page, gateway);
  await open(page, 'Modbus TCP server');
  await expect(page.getByRole('heading', { name: 'Modbus TCP server', level: 1 })).toBeVisible();
  const serve = page.getByLabel('Serve masters', { exact: true });
  const save = page.getByRole('button', { name: 'Save', exact: true });
  await expect(page.getByText('The security policy forbids this service.')).toHaveCount(2);
  await expect(serve).toBeDisabled();
  await expect(page.getByRole('button', { name: 'Test', exact: true })).toBeDisabled();
  await expect(page.getByText('Nobody has asked yet')).toBeVisible();
  await expectAccessible(page, 'the Modbus TCP server, off');

  await allowOutlet(gateway, 'modbus_server');
  await expect(serve).toBeEnabled();
  await serve.check();
  await expect(page.getByText('Changed, not yet saved.')).toBeVisible();
  await save.click();
  await expect(page.getByText(/^Masters are answered at 127\.0\.0\.1:[1-9]\d*\.$/)).toBeVisible();

  // Each meter has a number of its own; two with the same one are told before anything is sent.
  const units = page.getByRole('table', { name: 'Units' });
  const numbers = units.getByRole('spinbutton');
  await expect(numbers).toHaveCount(plant.tcp.devices.length);
  const [first, second] = [numbers.nth(0), numbers.nth(1)];
  await first.fill(await second.inputValue());
  await expect(units.getByText(/^Also given to /)).toHaveCount(2);
  await save.click();
  await expect(first).toBeFocused();
  await first.fill('248');
  await expect(units.getByText('A number from 1 to 247.')).toBeVisible();
  await first.fill('17');
  await save.click();
  await expect(page.getByText('Changed, not yet saved.')).toHaveCount(0);
  await expect(save).toBeDisabled();
  const server = await gateway.api.get<Server>('/outlets/modbus');
  expect(server.units.map(({ unit }) => unit)).toContain(17);
  const list = await take(page, page.getByRole('button', { name: 'Export: Units' }), 'j');
  expect(JSON.parse(list.content.toString())).toEqual(server.units.map(({ unit, device }) => expect.objectContaining({ unit, device })));

  // The gateway keeps registers for masters once it has read them.
  const asked = async () => (await gateway.api.post<{ steps: { step: string; ok: boolean }[] }>('/outlets/modbus/test', {})).steps.filter(({ step, ok }) => step === 'read' && ok).length;
  await expect.poll(asked, { timeout: 30_000 }).toBe(plant.tcp.devices.length);
  await page.getByRole('button', { name: 'Test', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByText('A master gets its answers.')).toBeVisible();
  const steps = dialog.getByRole('table', { name: 'Conversation' });
  await expect(steps.getByRole('row', { name: /^Connect to the server answered 127\.0\.0\.1:/ })).toBeVisible();
  await expect(steps.getByRole('row', { name: /^Ask unit 255, the gateway, who it is answered Haubert/ })).toBeVisible();
  await expect(steps.getByRole('row', { name: /^Read register 0x[0-9A-F]{4} of unit 17, .+ answered 0x[0-9A-F]{4}/ })).toBeVisible();
  await expectAccessible(page, 'the test');
  await dialog.getByRole('button', { name: 'Close' }).last().click();

  const master = await Master.connect(server.address);
  try {
    expect((await master.read(255, 0, 2)).toString('latin1')).toBe('HAUB');
    // What would write is refused.
    expect([...(await master.ask(255, Buffer.from([6, 0, 0, 0, 1])))]).toEqual([0x86, 1]);
    const masters = page.getByRole('table', { name: 'Masters' });
    await expect(masters.getByRole('row', { name: /^127\.0\.0\.1 1 [\d,]+ [1-9]\d* / })).toBeVisible();
    await expect(page.getByRole('table', { name: 'Requests by function' }).getByRole('row', { name: /^3 Read holding registers [1-9]/ })).toBeVisible();
    await expect(page.getByRole('table', { name: 'Refusals by exception' }).getByRole('row', { name: /^1 A function that is not served/ })).toBeVisible();
    await expectAccessible(page, 'the Modbus TCP server at work');

    // A line of what may be written: refused where it makes no sense, kept where it does, and without force while the policy forbids writing.
    await page.getByRole('button', { name: 'Add a line' }).click();
    await dialog.getByLabel('From').fill('somewhere');
    await dialog.getByLabel('First coil or register').fill('0x10');
    await dialog.getByLabel('Last coil or register').fill('9');
    await dialog.getByRole('button', { name: 'Take over' }).click();
    await expect(dialog.getByText('Not below the first.')).toBeVisible();
    await expectAccessible(page, 'a line of what may be written');
    await dialog.getByLabel('Last coil or register').fill('17');
    await dialog.getByRole('button', { name: 'Take over' }).click();
    await save.click();
    await expect(page.getByRole('alert').getByText(/source|From|network|address|valid/i)).toBeVisible();
    const writes = page.getByRole('table', { name: 'Writing' });
    await writes.getByRole('button', { name: 'Edit line 1' }).click();
    await dialog.getByLabel('From').fill('127.0.0.1');
    await dialog.getByRole('button', { name: 'Take over' }).click();
    await save.click();
    await expect(page.getByText('Changed, not yet saved.')).toHaveCount(0);
    await expect(writes.getByRole('row', { name: /^127\.0\.0\.1 any, without a certificate too .+ 6, 16 16 to 17/ })).toBeVisible();
    await expect(page.getByText('The security policy forbids every write')).toBeVisible();
    await writes.getByRole('button', { name: 'Delete line 1' }).click();
    await save.click();
    await expect(page.getByText('Nothing can be written')).toBeVisible();

    // Whoever closes it is told who is connected.
    await master.read(255, 0, 2);
    await serve.uncheck();
    await save.click();
    await expect(dialog.getByText('1 connection of a master is open.')).toBeVisible();
    await dialog.getByRole('button', { name: 'Close it' }).click();
    await master.closed;
    await expect(page.getByText('Nobody has switched it on: no master is let in.')).toBeVisible();
  } finally {
    master.close();
  }

  await page.setViewportSize(phone);
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Units' })).toBeVisible();
  await expectNoSidewaysScroll(page, 'the Modbus TCP server');
});
