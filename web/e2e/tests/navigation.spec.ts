// The portal's navigation: groups that fold by mouse and keyboard, remembered; and only what the reader may see.
import { expectAccessible } from '../support/axe.ts';
import { open } from '../support/gateway.ts';
import { press } from '../support/keyboard.ts';
import { phone } from '../support/layout.ts';
import { arriveAs, invited } from '../support/members.ts';
import { arriveSignedIn } from '../support/people.ts';
import { account, expect, test } from '../support/system.ts';

test('groups of the navigation fold, the one of the page is open, and what was opened stays open', async ({ page, hub }) => {
  await arriveSignedIn(page, hub);
  const navigation = page.getByRole('navigation', { name: 'Main navigation' });
  const group = (name: string) => navigation.getByRole('button', { name });
  await expect(group('Sites and people')).toHaveAttribute('aria-expanded', 'true');
  await expect(navigation.getByRole('button', { expanded: true })).toHaveCount(1);
  await expect(navigation.getByRole('link', { name: 'Guide', exact: true })).toBeHidden();

  // By keyboard: opened, and there after a reload.
  await press(page, group('Guide and libraries'));
  await expect(group('Guide and libraries')).toBeFocused();
  await page.reload();
  await expect(navigation.getByRole('link', { name: 'Guide', exact: true })).toBeVisible();
  await press(page, group('Guide and libraries'), 'Space');
  await expect(navigation.getByRole('link', { name: 'Guide', exact: true })).toBeHidden();

  // Whoever comes to a page sees where it is, even in a group that was folded.
  await page.goto(`${hub.url}/taxonomies`);
  await expect(navigation.getByRole('link', { name: 'Taxonomies' })).toHaveAttribute('aria-current', 'page');
  await expect(navigation.getByRole('link', { name: 'Fleet' })).toBeHidden();
  await expectAccessible(page, 'the navigation');

  await page.setViewportSize(phone);
  await open(page, 'Risk register');
  await expect(page.getByRole('heading', { name: 'Risk register', level: 1 })).toBeVisible();
  await page.getByRole('button', { name: 'Open the menu' }).click();
  await expect(group('Risks and actions')).toHaveAttribute('aria-expanded', 'true');
  await expect(group('Guide and libraries')).toHaveAttribute('aria-expanded', 'false');
});

test('nobody is led to pages that would be refused', async ({ page, hub }) => {
  await hub.api.setUp(account);
  const omar = await invited(hub, 'omar', 'auditor');
  await arriveAs(page, hub, omar);
  await expect(page.getByText('No gateway yet')).toBeVisible();
  await expect(page.getByText('Not live')).toHaveCount(0);
  await expect(page.getByRole('main').getByRole('link', { name: 'Add an organisation' })).toHaveCount(0);

  // Few links do not fold; who sees no gateway begins with the guide.
  await page.context().clearCookies();
  await arriveAs(page, hub, await invited(hub, 'rosa', 'researcher'));
  await expect(page.getByRole('heading', { name: 'Guide', level: 1 })).toBeVisible();
  const navigation = page.getByRole('navigation', { name: 'Main navigation' });
  await expect(navigation.getByRole('link', { name: 'Libraries' })).toBeVisible();
  await expect(navigation.getByRole('button')).toHaveCount(0);
  await expect(navigation.getByRole('link', { name: 'Fleet' })).toHaveCount(0);
});
