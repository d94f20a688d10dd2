import { expect, test } from 'vitest';
import { Frameworks } from './frameworks';

test('what is read again without a change stays the same object, and another language is another text', async () => {
  let name = 'port';
  const frameworks = new Frameworks((ref_id, lang) => Promise.resolve({ ref_id, lang, name }));
  expect(frameworks.last('port', 'en')).toBeNull();
  const first = await frameworks.read('port', 'en');
  expect(await frameworks.read('port', 'en')).toBe(first);
  expect(frameworks.last('port', 'en')).toBe(first);
  expect(frameworks.last('port', 'fr')).toBeNull();
  name = 'newer';
  const newer = await frameworks.read('port', 'en');
  expect(newer).toEqual({ ref_id: 'port', lang: 'en', name: 'newer' });
  expect(frameworks.last('port', 'en')).toBe(newer);
});

test('few are kept, those that were read last', async () => {
  const frameworks = new Frameworks((ref_id) => Promise.resolve({ ref_id }));
  for (const one of ['a', 'b', 'c', 'd', 'a', 'e']) await frameworks.read(one, 'en');
  expect(['a', 'b', 'c', 'd', 'e'].filter((one) => frameworks.last(one, 'en'))).toEqual(['a', 'c', 'd', 'e']);
});
