// Saves the main pages of a running demo to docs/images ($HAUBERT_IMAGES to put them elsewhere). What to visit comes from
// $HAUBERT_DEMO, or target/demo/demo.json:
// {"gateway": {"url", "user", "password"}, "hub": {"url", "user", "password"}}.
import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Page, expect, test } from '@playwright/test';

interface Login {
  url: string;
  user: string;
  password: string;
}

const root = resolve(import.meta.dirname, '../../..');
const demo = JSON.parse(readFileSync(process.env.HAUBERT_DEMO ?? join(root, 'target/demo/demo.json'), 'utf8')) as {
  gateway: Login & { security_user: string };
  hub: Login;
};
/** The gateway's security pages have an account of their own. */
const security: Login = { ...demo.gateway, user: demo.gateway.security_user };
const images = process.env.HAUBERT_IMAGES ?? join(root, 'docs/images');
const desktop = { width: 1440, height: 900 };
const phone = { width: 390, height: 844 };

async function signIn(page: Page, { url, user, password }: Login): Promise<void> {
  await page.goto(url);
  await page.getByLabel('User name').fill(user);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeAttached();
}

async function picture(page: Page, url: string, name: string): Promise<void> {
  await page.goto(url);
  await settled(page);
  await page.screenshot({ path: join(images, `${name}.png`) });
}

/** The page has its data: nothing loads, and what is drawn no longer changes shape. */
async function settled(page: Page): Promise<void> {
  await expect(page.locator('main h1')).toBeVisible();
  await expect(page.getByText('Loading…')).toHaveCount(0);
  await page.evaluate(() => document.fonts.ready);
  let height = -1;
  const same = async () => {
    const before = height;
    height = await page.evaluate(() => document.body.scrollHeight);
    return before === height;
  };
  await expect.poll(same, { intervals: [500] }).toBe(true);
}

test.beforeAll(() => mkdirSync(images, { recursive: true }));

for (const scheme of ['light', 'dark'] as const) {
  test.describe(scheme, () => {
    test.use({ viewport: desktop, colorScheme: scheme });
    const suffix = scheme === 'dark' ? '-dark' : '';

    test('gateway', async ({ page }) => {
      await signIn(page, demo.gateway);
      await picture(page, demo.gateway.url, `gateway-home${suffix}`);
      for (const name of ['live', 'consumption', 'sources', 'history', 'diagnostics']) {
        await picture(page, `${demo.gateway.url}/${name}`, `gateway-${name}${suffix}`);
      }
      await page.goto(`${demo.gateway.url}/trends`);
      await page.getByRole('radio', { name: '1 h', exact: true }).check();
      const loads = page.getByRole('group', { name: 'Loads' }).getByRole('checkbox');
      for (const at of [0, 1, 2, 3]) await loads.nth(at).check();
      await settled(page);
      await page.screenshot({ path: join(images, `gateway-trends${suffix}.png`) });
    });

    test('security', async ({ page }) => {
      await signIn(page, security);
      await picture(page, `${security.url}/security`, `security${suffix}`);
      for (const name of ['firewall', 'audit', 'certificates', 'policy']) {
        await picture(page, `${security.url}/security/${name}`, `security-${name}${suffix}`);
      }
    });

    test('hub', async ({ page }) => {
      await signIn(page, demo.hub);
      await picture(page, demo.hub.url, `hub-fleet${suffix}`);
      await picture(page, `${demo.hub.url}/organisations`, `hub-organisations${suffix}`);
      await page.goto(demo.hub.url);
      await page.getByRole('rowheader').getByRole('link').first().click();
      await settled(page);
      await page.screenshot({ path: join(images, `hub-gateway${suffix}.png`) });
    });
  });
}

test.describe('phone', () => {
  test.use({ viewport: phone, colorScheme: 'light' });

  test('gateway', async ({ page }) => {
    await signIn(page, demo.gateway);
    await picture(page, demo.gateway.url, 'gateway-home-phone');
  });

  test('hub', async ({ page }) => {
    await signIn(page, demo.hub);
    await picture(page, demo.hub.url, 'hub-fleet-phone');
  });
});
