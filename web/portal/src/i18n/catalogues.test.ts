import { typographyFaults, type Catalogue } from '@haubert/ui';
import { expect, it } from 'vitest';

const files = import.meta.glob<Record<string, Catalogue>>('./{en,fr}*.ts', { eager: true });
const gathered = (lang: string): Catalogue =>
  Object.assign({}, ...Object.entries(files).filter(([name]) => name.startsWith(`./${lang}`)).flatMap(([, file]) => Object.values(file)));
const english = gathered('en');
const french = gathered('fr');

it('has the same keys and parameters in both languages', () => {
  expect(Object.keys(french).sort()).toEqual(Object.keys(english).sort());
  const names = (message: unknown) => [...new Set(JSON.stringify(message).match(/\{\w+\}/g) ?? [])].sort();
  for (const key of Object.keys(english)) expect(names(french[key]), key).toEqual(names(english[key]));
});

it('follows French typography', () => expect(typographyFaults(french)).toEqual([]));
