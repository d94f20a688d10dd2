import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { can, type Action } from './access.js';

const ROUTES: Record<Action, string[]> = {
  edit_site: ['PUT /site'],
  edit_zones: ['POST /zones', 'PUT /zones/{id}', 'DELETE /zones/{id}'],
  edit_loads: ['PUT /loads/{id}'],
  edit_sources: [
    'POST /buses', 'PUT /buses/{id}', 'DELETE /buses/{id}', 'POST /devices', 'POST /devices/batch', 'PUT /devices/{id}', 'DELETE /devices/{id}', 'POST /devices/{id}/test', 'DELETE /devices/{id}/refused-ranges', 'POST /devices/{id}/layout',
    'PUT /device-profiles/{id}', 'DELETE /device-profiles/{id}', 'POST /device-profiles/check', 'POST /device-profiles/try', 'POST /device-profiles/decode',
    'POST /discoveries', 'GET /discoveries/{id}', 'DELETE /discoveries/{id}', 'GET /serial-ports',
  ],
  edit_history: ['PUT /history/limits', 'POST /history/limits/preview', 'PUT /history/trends', 'POST /history/check', 'DELETE /history/check', 'PUT /history/check/schedule'],
  link_hub: ['POST /hub-link/enrolment', 'DELETE /hub-link'],
};
const PROFILES = ['user', 'advanced_user', 'admin', 'cyber_security'];

const table = readFileSync(new URL('../../../edge/gateway/routes.md', import.meta.url), 'utf8');
const whoMay = new Map([...table.matchAll(/^\| ([A-Z]+) \| `([^`]+)` \| (.+) \|$/gm)].map(([, method, path, who]) => [`${method} ${path}`, who ?? '']));

describe('who may do what', () => {
  it.each(Object.entries(ROUTES) as [Action, string[]][])('%s is what the gateway admits', (action, routes) => {
    const admitted = PROFILES.filter((profile) => can({ profile }, action)).sort();
    for (const route of routes) expect(whoMay.get(route)?.split(', ').sort(), route).toEqual(admitted);
  });
  it('every restricted route has its action', () => {
    const restricted = [...whoMay].filter(([, who]) => who !== 'signed in' && who !== 'everybody').map(([route]) => route);
    expect(restricted.sort()).toEqual(Object.values(ROUTES).flat().sort());
  });
  it('nobody may do anything', () => {
    for (const action of Object.keys(ROUTES) as Action[]) expect(can({ profile: '' }, action)).toBe(false);
  });
});
