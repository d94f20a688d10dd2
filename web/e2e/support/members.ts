// People of a hub who were invited: each has accepted already, and acts by a session of the own.
import type { Page } from '@playwright/test';
import { HubApi } from './api.ts';
import { account, type Hub } from './system.ts';

export type HubProfile = 'member' | 'member_admin' | 'auditor' | 'coordinator' | 'researcher';

export interface Invited {
  user: string;
  password: string;
  api: HubApi;
}

/** Invites somebody by the coordinator's session, and accepts as they would. */
export async function invited(hub: Hub, user: string, profile: HubProfile, organisation?: string): Promise<Invited> {
  const { token } = await hub.api.post<{ token: string }>('/invitations', { profile, organisation_id: organisation ?? null, note: user });
  const api = new HubApi(hub.url, hub.setupCode);
  await api.post('/invitation/acceptance', { token, user, password: account.password });
  return { user, password: account.password, api };
}

/** Opens the hub in this browser with the session of somebody invited. */
export async function arriveAs(page: Page, hub: Hub, { api }: Invited, path = '/'): Promise<void> {
  const cookies = await api.cookies();
  await page.context().addCookies(cookies.map(({ name, value, secure, httpOnly, sameSite }) => ({ name, value, secure, httpOnly, sameSite, url: hub.url })));
  await page.goto(`${hub.url}${path}`);
}
