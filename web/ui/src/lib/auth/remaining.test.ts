import { afterEach, expect, it } from 'vitest';
import { language } from '../i18n/language.svelte.js';
import { remaining } from './remaining.js';

afterEach(() => (language.current = 'en'));

it('says what is left, never less than there is', () => {
  expect([3600, 3541, 90, 89, 1, 0, -5, 7201].map(remaining)).toEqual(['60 minutes', '60 minutes', '2 minutes', '89 seconds', '1 second', '0 seconds', '0 seconds', '3 hours']);
  language.current = 'fr';
  expect(remaining(120).replace(/\s/g, ' ')).toBe('2 minutes');
});
