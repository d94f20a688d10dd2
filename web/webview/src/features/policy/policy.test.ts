import { describe, expect, it } from 'vitest';
import type { PolicyState } from '../../api/types.js';
import { clock, differs, draftOf, lines, networkErrors, placeOf, policyOf } from './policy.js';

const service = (id: string, reach: 'listens' | 'none') =>
  ({ service: id, kind: 'service', state: 'idle', default: true, needs: [], needed_by: [], reach, protection: 'tls', used_by: [] }) as unknown as PolicyState['services'][number];
const state = {
  revision: 3,
  policy: { version: 1, tls: { minimum: '1.3' }, services: { web_view: { enabled: true, sources: ['10.0.0.0/8'] }, usb: { enabled: false } }, serial_ports: { '/dev/ttyS1': false } },
  services: [service('usb', 'none'), service('web_view', 'listens')],
  ports: [
    { path: '/dev/ttyS0', open: true },
    { path: '/dev/ttyS1', open: false },
  ],
} as unknown as PolicyState;

describe('policy', () => {
  it('a draft that nobody touched is the policy itself', () => {
    const draft = draftOf(state);
    expect(differs(draft, state)).toBe(false);
    expect(policyOf(draft, state.policy)).toEqual(state.policy);
  });
  it('what is typed becomes the document', () => {
    const draft = draftOf(state);
    draft.on['usb'] = true;
    draft.sources['web_view'] = ' 10.0.0.0/8,\n192.0.2.1 ';
    draft.ports['/dev/ttyS0'] = false;
    draft.ports['/dev/ttyS1'] = true;
    expect(differs(draft, state)).toBe(true);
    expect(policyOf(draft, state.policy)).toMatchObject({
      services: { usb: { enabled: true }, web_view: { sources: ['10.0.0.0/8', '192.0.2.1'] } },
      serial_ports: { '/dev/ttyS0': false, '/dev/ttyS1': true },
    });
    draft.sources['web_view'] = '';
    expect(policyOf(draft, state.policy).services['web_view']).toEqual({ enabled: true });
  });
  it('spaces alone change nothing', () => {
    const draft = draftOf(state);
    draft.sources['web_view'] = '\n10.0.0.0/8\n\n';
    expect(differs(draft, state)).toBe(false);
  });
  it('a fault stands beside the list that has it', () => {
    const draft = { ...draftOf(state), sources: { web_view: '10.0.0.0/8 x', local_api: '10.0.0.0/8' } };
    expect(networkErrors({ 'policy.services.?.sources[1]': 'no' }, draft)).toEqual({ web_view: 'no' });
    expect(networkErrors({ 'policy.services.local_api.sources': 'no', revision: 'x' }, draft)).toEqual({ local_api: 'no' });
  });
  it('a change is told by its place', () => {
    expect(placeOf('services.web_view.sources')).toEqual({ kind: 'sources', service: 'web_view' });
    expect(placeOf('services.usb.enabled')).toEqual({ kind: 'enabled', service: 'usb' });
    expect(placeOf('serial_ports./dev/serial/by-id/a.b')).toEqual({ kind: 'port', path: '/dev/serial/by-id/a.b' });
    expect(placeOf('tls.minimum')).toEqual({ kind: 'tls' });
  });
  it('time left is read as a clock', () => {
    expect([clock(120_000), clock(59_001), clock(1), clock(-5)]).toEqual(['2:00', '1:00', '0:01', '0:00']);
    expect(lines(' a\n b ,c;;d ')).toEqual(['a', 'b', 'c', 'd']);
  });
});
