import { describe, expect, it } from 'vitest';
import type { Tariff } from '../../api/types.js';
import { decimal, lacking, newBand, newTariff, tariffDraft, tariffOf } from './draft.js';

const tariff: Tariff = {
  fluid: 'electricity', name: 'Contrat', valid_from: '2026-01-01', currency: 'EUR', standing_charge: '31.5', price: '0.1740',
  bands: [{ name: 'Nuit', price: '0.12', months: [11, 12, 1, 2, 3], weekdays: [2, 4], from: '22:00', to: '06:00' }],
};

describe('a tariff in its form', () => {
  it('comes out as it went in', () => expect(tariffOf(tariffDraft(tariff))).toEqual(tariff));
  it('takes a comma, and no more digits than are kept', () => {
    expect([decimal('0,1740'), decimal(' 1 200,5'), decimal('0.1234567'), decimal('-1'), decimal('')]).toEqual(['0.1740', '1200.5', null, null, null]);
  });
  it('says what it lacks, field by field', () => {
    const draft = { ...newTariff('gas', 'euro', '2026-11-23'), bands: [{ ...newBand(), from: '06:10' }] };
    expect(lacking(draft)).toEqual({ name: 'required', currency: 'currency', price: 'price', 'bands.0.name': 'required', 'bands.0.price': 'price', 'bands.0.from': 'time' });
    expect(lacking(tariffDraft(tariff))).toEqual({});
  });
});
