// Words of a report in a language of its own: a French reader may hand an English authority its report.
import { formatNumber, language, render, type Lang, type Params } from '@haubert/ui';
import type { Words } from '../api/standing-types';
import { assessment as assessmentEn } from './en-assessment';
import { audit as auditEn } from './en-audit';
import { plan as planEn } from './en-plan';
import { register as registerEn } from './en-register';
import { report as reportEn } from './en-report';
import { risk as riskEn } from './en-risk';
import { scenarios as scenariosEn } from './en-scenarios';
import { standing as standingEn } from './en-standing';
import { assessment as assessmentFr } from './fr-assessment';
import { audit as auditFr } from './fr-audit';
import { plan as planFr } from './fr-plan';
import { register as registerFr } from './fr-register';
import { report as reportFr } from './fr-report';
import { risk as riskFr } from './fr-risk';
import { scenarios as scenariosFr } from './fr-scenarios';
import { standing as standingFr } from './fr-standing';

const en = { ...riskEn, ...standingEn, ...planEn, ...registerEn, ...scenariosEn, ...assessmentEn, ...auditEn, ...reportEn };
const fr = { ...riskFr, ...standingFr, ...planFr, ...registerFr, ...scenariosFr, ...assessmentFr, ...auditFr, ...reportFr };
type Key = keyof typeof en;

export interface Speaker {
  lang: Lang;
  t: (key: Key, params?: Params) => string;
  say: (words: Words) => string;
  number: (value: number, decimals?: number) => string;
  /** Of a day, `2027-03-31`, or of an instant. */
  day: (at: string) => string;
  euros: (amount: number) => string;
}

export function speaker(lang: Lang): Speaker {
  // The reader's own region where it fits the language.
  const locale = language.locale.startsWith(lang) ? language.locale : lang === 'fr' ? 'fr-FR' : 'en-GB';
  const words = lang === 'fr' ? fr : en;
  return {
    lang,
    t: (key, params) => render(words[key], params, lang),
    say: (two) => two[lang],
    number: (value, decimals = 0) => formatNumber(value, decimals, locale),
    day: (at) => new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', year: 'numeric' }).format(new Date(at.length === 10 ? `${at}T12:00:00` : at)),
    euros: (amount) => new Intl.NumberFormat(locale, { style: 'currency', currency: 'EUR', maximumFractionDigits: 0 }).format(amount),
  };
}
