// A release of one's own making: brought, refused when it was changed, installed, on probation, kept; all in the browser.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { account, expect, test } from '../support/system.ts';
import { GatewayApi, securityUser } from '../support/api.ts';
import { binary, Program } from '../support/process.ts';
import { open } from '../support/gateway.ts';

/** A port that the operating system chose: the gateway must have the same one after its restart. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

const SETUP_CODE = /Set-up code: ([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})/;

test('a release is checked, installed, tried and kept', async ({ page, folder }) => {
  test.setTimeout(180_000);
  const at = (name: string) => join(folder, name);
  const release = (...words: string[]) => execFileSync(binary('haubert-release'), words, { cwd: folder });
  release('keys', 'keys');
  release('root', '--roots', 'roots', '--keys', 'keys');
  mkdirSync(at('files'));
  execFileSync('strip', ['-o', at('files/haubert-gateway'), binary('haubert-gateway')]);
  const bundle = (version: string, number: string) => {
    writeFileSync(at('files/page.txt'), version);
    release('bundle', '--roots', 'roots', '--keys', 'keys', '--files', 'files', '--release', version, '--number', number, '--note', 'en=Reads twice as fast.', '--note', 'fr=Lit deux fois plus vite.', '--out', `${version}.haubert`);
    return at(`${version}.haubert`);
  };
  const root = at('roots/1.root.json');
  execFileSync(binary('haubert-slot'), ['--slots', at('slots'), '--supplier-root', root, 'found', bundle('0.1.0', '1'), '--now', String(Math.floor(Date.now() / 1000))]);
  writeFileSync(at('gateway.toml'), '[update]\nprobation_seconds = 20\n');
  const port = await freePort();
  const ready = at('gateway.json');
  const program = new Program('haubert-slot', [
    '--slots', at('slots'), '--supplier-root', root, 'run', '--',
    '--config', at('gateway.toml'), '--data-dir', at('data'), '--listen', `127.0.0.1:${port}`, '--ready-file', ready,
  ]);
  try {
    const { https } = await program.ready<{ https: string }>(ready);
    const api = new GatewayApi(https, () => program.printed(SETUP_CODE));
    await api.setUp(account);
    await api.close();
    await page.goto(https);
    await page.getByLabel('User name').fill(securityUser);
    await page.getByLabel('Password', { exact: true }).fill(account.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await open(page, 'Updates');
    await expect(page.getByText('as signed')).toBeVisible();

    // One byte of the file is another: it is refused, and stays refused on the page.
    const good = bundle('0.2.0', '2');
    const bytes = readFileSync(good);
    const middle = bytes.length >> 1;
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    writeFileSync(at('bad.haubert'), bytes);
    await page.locator('input[type=file]').setInputFiles(at('bad.haubert'));
    await expect(page.getByText('The last file was refused')).toBeVisible({ timeout: 60_000 });

    await page.locator('input[type=file]').setInputFiles(good);
    await expect(page.getByText('Version 0.2.0 is genuine and fits')).toBeVisible({ timeout: 60_000 });
    await expect(page.getByText('Reads twice as fast.')).toBeVisible();
    await page.getByRole('button', { name: 'Install…' }).click();
    await page.getByRole('button', { name: 'Install and restart' }).click();
    await expect(page.getByText('Version 0.2.0 is on probation')).toBeVisible({ timeout: 60_000 });
    await expect(page.getByRole('cell', { name: 'stays' })).toBeVisible({ timeout: 60_000 });
    await expect(page.getByRole('button', { name: 'Go back to 0.1.0…' })).toBeVisible();

    await page.getByRole('button', { name: 'Test now' }).click();
    await expect(page.getByText('All tests passed.')).toBeVisible();
  } finally {
    await program.stop();
  }
});
