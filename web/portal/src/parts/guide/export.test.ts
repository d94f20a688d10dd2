import { jsonOf } from '@haubert/ui';
import { expect, it } from 'vitest';
import type { GuideSheet } from '../../api/standing-types';
import { sheetTable } from './export';

const words = (text: string) => ({ en: text, fr: text });
const entry: GuideSheet = {
  measure: 'TEC-05', name: words('Own passwords'), description: words(''), importance: 'mandatory', effort: 'S', cost: 'none',
  references: { id: 'TEC-05', nis2_art_21: ['2(i)', '2(j)'], recyf: [], anssi_hygiene: [9], iec_62443_3_3: [], iso_27002_2022: [] },
  sheet: {
    measure: 'TEC-05', keywords: { en: [], fr: [] }, summary: words('No password as delivered'), why: words('They are public'), how: [words('List'), words('Change')], level_1: words('Gateways'), level_2: words('All'),
    plant: null, who: words('You'), time: words('A day'), cost: words('Nothing'), pitfalls: [words('Spares')], proof: [], see_also: ['TEC-06'],
  },
};

it('gives a line for each thing that a sheet says, in its order, and none for what it does not say', () => {
  const lines = JSON.parse(jsonOf([sheetTable(entry)])) as { measure: string; part: string; text: string }[];
  expect(new Set(lines.map(({ measure }) => measure))).toEqual(new Set(['TEC-05']));
  expect(lines.slice(4).map(({ part, text }) => [part, text])).toEqual([
    ['summary', 'No password as delivered'], ['why', 'They are public'], ['how', 'List'], ['how', 'Change'], ['level_1', 'Gateways'], ['level_2', 'All'], ['who', 'You'], ['time', 'A day'],
    ['to_buy', 'Nothing'], ['pitfall', 'Spares'], ['see_also', 'TEC-06'], ['reference_nis2_art_21', '2(i), 2(j)'], ['reference_anssi_hygiene', '9'],
  ]);
});
