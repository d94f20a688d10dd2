// What the risk register counts, filters and offers: pure, so that it does not depend on the screen or the clock.
import { fold } from '@haubert/ui';
import type { Former, Risk, RiskAlert, RiskBody, Treatment, TreatmentWay } from '../api/register-types';
import type { Level, RatedScenario } from '../api/standing-types';
import { GRADES } from './risk';

export const WAYS: readonly TreatmentWay[] = ['undecided', 'reduce', 'prevent', 'share', 'accept'];
export const ALERTS: readonly RiskAlert[] = ['acceptance_ended', 'untreated', 'no_action', 'review_due'];
export const LEVELS: readonly Level[] = ['high', 'medium', 'low'];
/** Which figures place a risk in the grid: as entered, as measures leave it today, as it is to be left. */
export const LENSES = ['entered', 'current', 'target'] as const;
export type Lens = (typeof LENSES)[number];

export interface Spot {
  gravity: number;
  likelihood: number;
}
export function spotOf(risk: Risk, lens: Lens): Spot {
  if (lens === 'target') return { gravity: risk.treatment.gravity, likelihood: risk.treatment.likelihood };
  return { gravity: risk.gravity, likelihood: lens === 'current' ? (risk.current_likelihood ?? risk.likelihood) : risk.likelihood };
}
const FIELD = { entered: 'level', current: 'current_level', target: 'target_level' } as const;
export const levelIn = (risk: Risk, lens: Lens): Level => risk[FIELD[lens]];

/** A risk with the number that it has in the grid: by when it was entered, so that it keeps it. */
export interface Numbered extends Risk {
  number: number;
}
export const numbered = (risks: readonly Risk[]): Numbered[] =>
  [...risks].sort((a, b) => a.created_at.localeCompare(b.created_at) || a.id.localeCompare(b.id)).map((risk, at) => ({ ...risk, number: at + 1 }));

export interface RegisterFilter {
  text: string;
  /** As measures stand. */
  level: Level | '';
  way: TreatmentWay | '';
  /** One alert, any, or whatever. */
  alert: RiskAlert | 'any' | '';
  closed: boolean;
}
export const NO_FILTER: RegisterFilter = { text: '', level: '', way: '', alert: '', closed: false };

/** `words` gives what is looked through besides what the risk says itself: its scenario's name. */
export function sifted(risks: readonly Numbered[], { text, level, way, alert, closed }: RegisterFilter, words: (risk: Risk) => string): Numbered[] {
  const wanted = fold(text).split(/\s+/).filter(Boolean);
  return risks.filter((risk) => {
    if ((risk.state === 'closed') !== closed) return false;
    if (level !== '' && risk.current_level !== level) return false;
    if (way !== '' && risk.treatment.way !== way) return false;
    if (alert === 'any' ? risk.alerts.length === 0 : alert !== '' && !risk.alerts.includes(alert)) return false;
    const all = fold([risk.title, risk.description, risk.owner, risk.treatment.words, risk.scenario ?? '', words(risk)].join(' '));
    return wanted.every((word) => all.includes(word));
  });
}

/** The risks of each field of the grid, the highest likelihood above. */
export const gridOf = (risks: readonly Numbered[], lens: Lens): { likelihood: number; fields: { gravity: number; risks: Numbered[] }[] }[] =>
  [...GRADES].reverse().map((likelihood) => ({
    likelihood,
    fields: GRADES.map((gravity) => ({
      gravity,
      risks: risks.filter((risk) => {
        const spot = spotOf(risk, lens);
        return spot.gravity === gravity && spot.likelihood === likelihood;
      }),
    })),
  }));

/** What can be set of a risk, as it is now. */
export const bodyOf = ({ title, description, scenario, owner, gravity, likelihood, treatment, actions, review_months, reviewed_on, state, revision }: RiskBody): RiskBody => ({
  title, description, scenario, owner, gravity, likelihood, treatment: { ...treatment }, actions: [...actions], review_months, reviewed_on, state, revision,
});

const left = (gravity: number, likelihood: number): Treatment => ({ way: 'undecided', words: '', gravity, likelihood, accepted_by: '', accepted_until: null });

export const newBody = (today: string, rest: Partial<RiskBody> = {}): RiskBody => {
  const { gravity, likelihood } = { gravity: 2, likelihood: 2, ...rest };
  return {
    title: '', description: '', scenario: null, owner: '', actions: [], review_months: 6, reviewed_on: today, state: 'open', revision: 0,
    treatment: left(gravity, likelihood), ...rest, gravity, likelihood,
  };
};

/** As the company rated the scenario. */
export const fromScenario = ({ scenario, gravity, likelihood }: RatedScenario, title: string, today: string): RiskBody =>
  newBody(today, { scenario, title, gravity, likelihood });

/** What is left is at most what was there. */
export const bounded = (body: RiskBody): RiskBody => ({
  ...body,
  treatment: { ...body.treatment, gravity: Math.min(body.treatment.gravity, body.gravity), likelihood: Math.min(body.treatment.likelihood, body.likelihood) },
});

/** Only what its way needs goes to the hub. */
export function trimmed(body: RiskBody): RiskBody {
  const { treatment } = body;
  const isAccepted = treatment.way === 'accept';
  return bounded({
    ...body,
    title: body.title.trim(),
    description: body.description.trim(),
    owner: body.owner.trim(),
    treatment: {
      ...treatment,
      words: treatment.words.trim(),
      accepted_by: isAccepted ? treatment.accepted_by.trim() : '',
      accepted_until: isAccepted ? treatment.accepted_until || null : null,
    },
  });
}

/** What the hub would refuse, by field. */
export function faultsOf(body: RiskBody, today: string): Readonly<Record<string, 'title' | 'words' | 'accepted_by' | 'accepted_until' | 'past' | 'months' | 'reviewed'>> {
  const { treatment: { way, words, accepted_by, accepted_until } } = body;
  return {
    ...(body.title === '' ? { title: 'title' as const } : {}),
    ...(way === 'share' && words === '' ? { 'treatment.words': 'words' as const } : {}),
    ...(way === 'accept' && accepted_by === '' ? { 'treatment.accepted_by': 'accepted_by' as const } : {}),
    ...(way === 'accept' && accepted_until === null ? { 'treatment.accepted_until': 'accepted_until' as const } : {}),
    ...(way === 'accept' && accepted_until !== null && accepted_until < today ? { 'treatment.accepted_until': 'past' as const } : {}),
    ...(Number.isInteger(body.review_months) && body.review_months >= 1 && body.review_months <= 36 ? {} : { review_months: 'months' as const }),
    ...(body.reviewed_on === '' || body.reviewed_on > today ? { reviewed_on: 'reviewed' as const } : {}),
  };
}

/** A risk as it stood from a time on. */
export interface Version {
  body: RiskBody;
  at: string;
  by: string;
}

export const COMPARED = ['title', 'description', 'scenario', 'owner', 'gravity', 'likelihood', 'way', 'words', 'left', 'accepted_by', 'accepted_until', 'actions', 'review_months', 'reviewed_on', 'state'] as const;
export type Compared = (typeof COMPARED)[number];
/** One field, as programs read it; what is to be left as gravity and likelihood. */
export const plainValue = (body: RiskBody, field: Compared): string | number | readonly string[] | null => {
  const { treatment } = body;
  if (field === 'left') return [`G${treatment.gravity}`, `V${treatment.likelihood}`];
  return field === 'way' || field === 'words' || field === 'accepted_by' || field === 'accepted_until' ? treatment[field] : body[field];
};
/** The fields in which two versions of a risk differ. */
export const differing = (mine: RiskBody, theirs: RiskBody): Compared[] =>
  COMPARED.filter((field) => JSON.stringify(plainValue(mine, field)) !== JSON.stringify(plainValue(theirs, field)));

/** The hub keeps what was before as its store writes it: treatment and actions are JSON within. */
export function bodyOfFormer({ document, revision }: Former): RiskBody {
  const row = document as unknown as Omit<RiskBody, 'treatment' | 'actions'> & { treatment: Treatment | string; actions: string[] | string };
  const read = <T>(value: T | string): T => (typeof value === 'string' ? (JSON.parse(value) as T) : value);
  return bodyOf({ ...row, treatment: { ...left(row.gravity, row.likelihood), ...read(row.treatment) }, actions: read(row.actions), revision });
}
