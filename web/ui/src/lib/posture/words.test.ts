import { expect, it } from 'vitest';
import { findingText, standingRing, verdictRing } from './words.js';

it('says what was found, by its kind, its outcome, or in general', () => {
  expect(findingText({ check: 'audit.shipped', verdict: 'fails', proof: { by: 'none' } })).toBe('It stays on this machine alone');
  expect(findingText({ check: 'clock.set', verdict: 'holds', proof: {} })).toBe('It is set');
  expect(findingText({ check: 'lockout.active', verdict: 'holds', proof: { tries: '3', minutes: '60' } })).toBe('After 3 wrong tries, for 60 minutes');
  expect(findingText({ check: 'of.a.later.version', verdict: 'holds', proof: {} })).toBe('');
});

it('shows words of a later version as unknown', () => {
  expect(verdictRing('excellent')).toBe('unknown');
  expect(standingRing('excellent')).toBe('unknown');
});
