import { describe, expect, it } from 'vitest';
import { meets, rulesOf, type PasswordRules } from './password.js';

const note: PasswordRules = {
  min_chars: 10, needs_lower: true, needs_upper: true, needs_digit: true, needs_special: true,
  max_age_days: 365, min_age_hours: 0, history: 5, min_strength: 2, one_time_hours: 24,
};

describe('password rules', () => {
  it('are those of the server', () => {
    expect(rulesOf(note)).toEqual(['min_chars', 'lower', 'upper', 'digit', 'special']);
    const asvs = { ...note, min_chars: 15, needs_lower: false, needs_upper: false, needs_digit: false, needs_special: false };
    expect(rulesOf(asvs)).toEqual(['min_chars']);
    expect(meets('min_chars', 'fourteen chars', asvs)).toBe(false);
    expect(meets('min_chars', 'fifteen chars ok', asvs)).toBe(true);
  });
  it('count characters, not code units, and know other scripts', () => {
    expect(meets('min_chars', '😀'.repeat(9), note)).toBe(false);
    expect(meets('lower', 'É', note)).toBe(false);
    expect(meets('upper', 'É', note)).toBe(true);
    expect(meets('special', 'é9', note)).toBe(false);
    expect(meets('special', 'é9 ', note)).toBe(true);
  });
});
