import { describe, expect, it } from 'vitest';
import { chainText, weakest, type ChainLink } from './ring.js';

const links: ChainLink[] = [
  { state: 'holds', label: 'Device' },
  { state: 'fails', label: 'LAN' },
];

describe('a chain of rings', () => {
  it('says each state in words, and which is the weakest', () => {
    expect(chainText(links, (state) => state.toUpperCase())).toBe('Device: HOLDS; LAN: FAILS');
    expect(chainText(links, (state) => state, { at: 1, word: 'weakest ring' })).toBe('Device: holds; LAN: fails (weakest ring)');
  });
  it('is as strong as its weakest ring', () => {
    expect(weakest(links.map(({ state }) => state))).toBe('fails');
    expect(weakest([])).toBe('unknown');
  });
});
