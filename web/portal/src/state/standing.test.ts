import { describe, expect, it } from 'vitest';
import type { Grade, Shortfall, Track } from '../api/standing-types';
import { gradeRings, isExact, nextGrade, themeFloor } from './standing';

const grade = (id: string, track: Track, shortfalls: Shortfall[] = []): Grade => ({
  id, track, shortfalls, title: { en: id, fr: id }, says: { en: '', fr: '' }, audit: false, months: 12,
});
const grades = [grade('a', 'declared'), grade('b', 'evidenced', [{ kind: 'score', is: 1, asked: 35 }, { kind: 'theme', theme: 'gov', is: 1, asked: 20 }]), grade('c', 'audited')];

describe('the label', () => {
  it('aims at the grade after the one reached', () => {
    expect(nextGrade({ reached: null, grades })?.id).toBe('a');
    expect(nextGrade({ reached: 'a', grades })?.id).toBe('b');
    expect(nextGrade({ reached: 'c', grades })).toBeNull();
  });
  it('marks what is only declared as thin, and what lies beyond the next as unknown', () => {
    expect(gradeRings({ reached: 'b', grades }).map(({ ring }) => ring)).toEqual(['declared', 'holds', 'weak']);
    expect(gradeRings({ reached: null, grades }).map(({ ring }) => ring)).toEqual(['weak', 'unknown', 'unknown']);
  });
  it('takes the floor of themes from what is missing', () => {
    expect(themeFloor(grades[1] ?? null)).toBe(20);
    expect(themeFloor(grades[0] ?? null)).toBeNull();
  });
});

it('takes bounds that round to the same for exact', () => {
  expect(isExact({ least: 49.8, most: 50.2 })).toBe(true);
  expect(isExact({ least: 49, most: 51 })).toBe(false);
});
