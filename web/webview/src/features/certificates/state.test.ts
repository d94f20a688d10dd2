import { describe, expect, it } from 'vitest';
import type { CertificateTrust } from '../../api/types.js';
import { alarmDays, findingText, namesOf, shortName, standing, trustStanding } from './state.js';

describe('standing', () => {
  it('follows the days that are left', () => {
    expect(standing(null, 30).ring).toBe('unknown');
    expect(standing({ days_left: -1 }, 30).ring).toBe('fails');
    expect(standing({ days_left: 0 }, 30).ring).toBe('weak');
    expect(standing({ days_left: 29 }, 30).ring).toBe('weak');
    expect(standing({ days_left: 30 }, 30).ring).toBe('holds');
  });
  it('of trust is that of its weakest part', () => {
    const authority = (days_left: number) => ({ certificate: { days_left } }) as CertificateTrust['authorities'][number];
    const trust = (authorities: CertificateTrust['authorities'], overdue: boolean, crl_required = false) => ({ purpose: 'hub', authorities, crls: [{ overdue }], crl_required }) as CertificateTrust;
    expect(trustStanding(trust([], false), 30).ring).toBe('unknown');
    expect(trustStanding(trust([authority(900), authority(-3)], true), 30).ring).toBe('fails');
    expect(trustStanding(trust([authority(900)], true), 30).ring).toBe('weak');
    expect(trustStanding(trust([authority(900)], true, true), 30).ring).toBe('fails');
    expect(trustStanding(trust([authority(900)], false), 30).ring).toBe('holds');
  });
});

describe('texts', () => {
  it('reads what people type', () => {
    expect(alarmDays('30, 7 1;7')).toEqual([30, 7, 1]);
    for (const wrong of ['', '0', '367', '1.5', 'x', '1 2 3 4 5 6 7 8 9']) expect(alarmDays(wrong)).toBeNull();
    expect(namesOf('a.example\n 192.0.2.1, b')).toEqual(['a.example', '192.0.2.1', 'b']);
  });
  it('finds the name in a subject', () => {
    expect(shortName('C=FR, O=Usine, CN=gw.example')).toBe('gw.example');
    expect(shortName('O=Usine')).toBe('O=Usine');
  });
  it('tells findings with their figures', () => {
    expect(findingText({ code: 'chain_extra', grade: 'warning', params: { count: '2' } })).toMatch(/2/);
    expect(findingText({ code: 'life_long', grade: 'warning', params: { days: '1200' } })).toMatch(/1200/);
    expect(findingText({ code: 'of_the_future', grade: 'note', params: {} })).toBe('of_the_future');
  });
});
