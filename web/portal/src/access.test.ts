import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Action, can } from './access';

const routes: Record<Action, string[]> = {
  edit_fleet: [
    'POST /gateways',
    'PUT /gateways/{id}',
    'DELETE /gateways/{id}',
    'POST /gateways/{id}/enrolment',
    'POST /gateways/{id}/revocation',
  ],
  edit_organisations: [
    'POST /organisations',
    'PUT /organisations/{id}',
    'DELETE /organisations/{id}',
    'POST /sites',
    'PUT /sites/{id}',
    'DELETE /sites/{id}',
  ],
  check_storage: ['POST /storage/check'],
};

const table = readFileSync(new URL('../../../hub/hub/routes.md', import.meta.url), 'utf8');
const whoMay = new Map([...table.matchAll(/^\| ([A-Z]+) \| `([^`]+)` \| (.+) \|$/gm)].map(([, method, path, who]) => [`${method} ${path}`, who ?? '']));

describe('who may do what', () => {
  it.each(Object.entries(routes) as [Action, string[]][])('%s is what the hub admits', (action, listed) => {
    const admitted = ['coordinator', 'member'].filter((profile) => can({ profile }, action));
    for (const route of listed) expect(whoMay.get(route)?.split(', '), route).toEqual(admitted);
  });

  it('has an action for every restricted route', () => {
    const restricted = [...whoMay].filter(([, who]) => who !== 'signed in' && who !== 'everybody').map(([route]) => route);
    expect(restricted.sort()).toEqual(Object.values(routes).flat().sort());
  });

  it('lets nobody in who has no profile', () => {
    expect(can({ profile: '' }, 'edit_fleet')).toBe(false);
  });
});
