import { typographyFaults } from '@haubert/ui';
import { describe, expect, it } from 'vitest';
import { USAGES } from '../api/types.js';
import { en } from './en.js';
import { fr } from './fr.js';

describe('catalogues', () => {
  it('have the same keys and parameters in both languages', () => {
    expect(Object.keys(fr).sort()).toEqual(Object.keys(en).sort());
    const names = (message: unknown) => [...new Set(JSON.stringify(message).match(/\{\w+\}/g) ?? [])].sort();
    for (const key of Object.keys(en) as (keyof typeof en)[]) expect(names(fr[key]), key).toEqual(names(en[key]));
  });
  it('follow French typography', () => expect(typographyFaults(fr)).toEqual([]));
  it('name every usage', () => {
    for (const usage of USAGES) expect(Object.keys(en)).toContain(`usage.${usage}`);
  });
});
