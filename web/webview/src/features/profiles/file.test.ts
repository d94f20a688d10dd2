import { describe, expect, it } from 'vitest';
import { fileName, lineRange, ownName } from './file.js';

describe('profile files', () => {
  it('get names that the gateway accepts', () => {
    expect(ownName('Compteur Été (2).toml')).toBe('own/compteur-ete-2');
    expect(ownName('socomec/countis-e3x')).toBe('own/countis-e3x');
    expect(ownName('???')).toBe('own/meter');
    expect(fileName('socomec/countis-e3x')).toBe('countis-e3x.toml');
  });
  it('are entered at the line at fault', () => {
    const text = 'one\ntwo\nthree';
    expect(text.slice(...lineRange(text, 2))).toBe('two');
    expect(text.slice(...lineRange(text, 3))).toBe('three');
    expect(lineRange(text, 9)).toEqual([14, 14]);
  });
});
