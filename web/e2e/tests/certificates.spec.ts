// Certificates on their page: a self-signed one with other names, a request answered by an authority, PKCS#12, trust and alarms.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { securityUser } from '../support/api.ts';
import { account, expect, type Gateway, test } from '../support/system.ts';

/** Signed in as Cyber security, on the page of the certificates. */
async function atCertificates(page: Page, gateway: Gateway): Promise<void> {
  await gateway.api.setUp(account);
  await page.goto(gateway.url);
  await page.getByLabel('User name').fill(securityUser);
  await page.getByLabel('Password', { exact: true }).fill(account.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeAttached();
  await page.goto(`${gateway.url}/security/certificates`);
  await expect(page.getByRole('region', { name: 'HTTPS server' })).toBeVisible();
}

/** An authority in a folder, and what openssl makes with it. */
function authority() {
  const folder = mkdtempSync(join(tmpdir(), 'haubert-ca-'));
  const at = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
  openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '3000', '-subj', '/CN=Plant authority', '-addext', 'keyUsage=critical,keyCertSign,cRLSign');
  writeFileSync(at('ext'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\ncrlDistributionPoints=URI:http://crl.example/\n');
  const sign = (csr: string) => {
    writeFileSync(at('gw.csr'), csr);
    openssl('x509', '-req', '-in', 'gw.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '90', '-extfile', 'ext', '-out', 'gw.pem');
    return readFileSync(at('gw.pem'), 'utf8') + readFileSync(at('ca.pem'), 'utf8');
  };
  return { at, openssl, sign };
}

test('a self-signed certificate with other names, and back', async ({ page, gateway }) => {
  await atCertificates(page, gateway);
  const panel = page.getByRole('region', { name: 'HTTPS server' });
  const print = panel.locator('code');
  const first = await print.textContent();
  await panel.getByRole('button', { name: 'New self-signed' }).click();
  const dialog = page.getByRole('dialog', { name: 'New self-signed certificate' });
  await dialog.getByLabel('Names and addresses').fill('not a name!');
  await dialog.getByRole('button', { name: 'Make and use' }).click();
  await expect(dialog.getByLabel('Names and addresses')).toHaveAttribute('aria-invalid', 'true');
  await dialog.getByLabel('Names and addresses').fill('127.0.0.1\ngw.example');
  await dialog.getByLabel('Valid for (days)').fill('20');
  await dialog.getByRole('button', { name: 'Make and use' }).click();
  await expect(page.getByText('New connections see the new certificate.')).toBeVisible();
  await expect(panel).toContainText('127.0.0.1, gw.example');
  await expect(panel).toContainText(/ends in (19|20) days/);
  await expect(print).not.toHaveText(first ?? '');
  const { notices } = await gateway.api.get<{ notices: { code: string }[] }>('/home');
  expect(notices.map((one) => one.code)).toContain('certificate_expiring');
  await panel.getByRole('button', { name: 'Back to the one before' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Back to the one before' }).click();
  await expect(print).toHaveText(first ?? '');
});

test('a request is answered by an authority', async ({ page, gateway }) => {
  const { at, openssl, sign } = authority();
  await atCertificates(page, gateway);
  const panel = page.getByRole('region', { name: 'HTTPS server' });
  await panel.getByRole('button', { name: 'Certificate request' }).click();
  const dialog = page.getByRole('dialog', { name: 'New certificate request' });
  await dialog.getByText('Subject', { exact: true }).click();
  await dialog.getByLabel('Organisation').fill('Usine Nord');
  await dialog.getByLabel('Country').fill('fr');
  await dialog.getByRole('button', { name: 'Make the request' }).click();
  const csr = await panel.getByLabel('Request (PEM)').inputValue();
  const chain = sign(csr);
  expect(openssl('req', '-in', at('gw.csr'), '-noout', '-subject').toString()).toContain('Usine Nord');

  await panel.getByRole('button', { name: 'Upload' }).click();
  const upload = page.getByRole('dialog', { name: 'Upload a certificate' });
  await upload.getByRole('button', { name: 'Check' }).click();
  await expect(upload.getByText('Choose a file or paste PEM text.')).toBeVisible();
  await upload.getByLabel('PEM text').fill(readFileSync(at('ca.pem'), 'utf8'));
  await upload.getByRole('button', { name: 'Check' }).click();
  await expect(upload.getByText('It cannot be used.')).toBeVisible();
  await expect(upload.getByText(/private key is missing/)).toBeVisible();
  await upload.getByLabel('PEM text').fill(chain);
  await upload.getByRole('button', { name: 'Check' }).click();
  await expect(upload.getByText('Nothing speaks against it.')).toBeVisible();
  await upload.getByRole('button', { name: 'Use this certificate' }).click();
  await expect(panel).toContainText('CN=Plant authority');
  await expect(panel.getByLabel('Request (PEM)')).toBeHidden();
});

test('PKCS#12 asks for its passphrase, and trust for an authority', async ({ page, gateway }) => {
  const { at, openssl, sign } = authority();
  openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'gw.key', '-out', 'own.csr', '-subj', '/CN=localhost');
  sign(readFileSync(at('own.csr'), 'utf8'));
  openssl('pkcs12', '-export', '-legacy', '-in', 'gw.pem', '-inkey', 'gw.key', '-certfile', 'ca.pem', '-out', 'gw.p12', '-passout', 'pass:secret word');
  await atCertificates(page, gateway);
  const panel = page.getByRole('region', { name: 'HTTPS server' });
  await panel.getByRole('button', { name: 'Upload' }).click();
  const upload = page.getByRole('dialog', { name: 'Upload a certificate' });
  await upload.getByLabel('File', { exact: true }).setInputFiles(at('gw.p12'));
  await upload.getByLabel('Passphrase of the file').fill('wrong');
  await upload.getByRole('button', { name: 'Check' }).click();
  await expect(upload.getByText('The passphrase does not fit, or the file is damaged.')).toBeVisible();
  await upload.getByLabel('Passphrase of the file').fill('secret word');
  await upload.getByRole('button', { name: 'Check' }).click();
  await expect(upload.getByText(/outdated way/)).toBeVisible();
  await upload.getByRole('button', { name: 'Use this certificate' }).click();
  await expect(panel).toContainText('CN=Plant authority');

  const trust = page.getByRole('region', { name: 'Trust: syslog server' });
  await expect(trust).toContainText('nobody is believed');
  await trust.getByRole('button', { name: 'Add an authority' }).click();
  const adding = page.getByRole('dialog', { name: 'Add an authority' });
  await adding.getByLabel('File', { exact: true }).setInputFiles(at('ca.pem'));
  await adding.getByRole('button', { name: 'Check' }).click();
  await adding.getByRole('button', { name: 'Believe it' }).click();
  await expect(trust.getByRole('row').filter({ hasText: 'Plant authority' })).toBeVisible();
  await trust.getByRole('button', { name: 'Remove Plant authority' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await expect(trust).toContainText('nobody is believed');

  const alarms = page.getByRole('region', { name: 'Expiry alarms' });
  await alarms.getByLabel('Days before the end').fill('60, 0');
  await alarms.getByRole('button', { name: 'Save' }).click();
  await expect(alarms.getByText('One to eight figures from 1 to 366.')).toBeVisible();
  await alarms.getByLabel('Days before the end').fill('10, 60');
  await alarms.getByRole('button', { name: 'Save' }).click();
  await expect(alarms.getByLabel('Days before the end')).toHaveValue('60, 10');
});
