// What the plan of action counts, filters and offers: pure, so that it does not depend on the screen or the clock.
import { fold } from '@haubert/ui';
import type { Action, ActionBody, ActionState } from '../api/plan-types';
import type { Effort, MeasureStanding } from '../api/standing-types';

export const ACTION_STATES: readonly ActionState[] = ['todo', 'doing', 'done', 'dropped'];
export const EFFORTS: readonly Effort[] = ['S', 'M', 'L', 'XL'];
export const VIEWS = ['table', 'board', 'gantt'] as const;
export type View = (typeof VIEWS)[number];

export const isOpen = ({ state }: Pick<Action, 'state'>): boolean => state === 'todo' || state === 'doing';
/** Days are compared as they are written: `2027-03-31`. */
export const isOverdue = (action: Pick<Action, 'state' | 'due'>, today: string): boolean => isOpen(action) && action.due !== null && action.due < today;

/** What can be shown alone; each has its count. */
export const SHOWS = ['all', 'todo', 'doing', 'overdue', 'done', 'dropped'] as const;
export type Show = (typeof SHOWS)[number];

const isShown = (show: Show, action: Action, today: string): boolean =>
  show === 'all' || (show === 'overdue' ? isOverdue(action, today) : action.state === show);

/** Stands for actions that nobody has taken yet; a name never has this form. */
export const NOBODY = '-';
export interface PlanFilter {
  text: string;
  show: Show;
  /** A name, `NOBODY`, or nothing for all. */
  owner: string;
}

/** `words` gives what is looked through besides what the action says itself: its measure's name. */
export function matching(actions: readonly Action[], { text, show, owner }: PlanFilter, today: string, words: (action: Action) => string): Action[] {
  const wanted = fold(text).split(/\s+/).filter(Boolean);
  return actions.filter((action) => {
    const all = fold([action.title, action.owner, action.note, action.measure ?? '', words(action)].join(' '));
    return isShown(show, action, today) && (owner === '' || (action.owner || NOBODY) === owner) && wanted.every((word) => all.includes(word));
  });
}

export interface Totals {
  counts: Record<Show, number>;
  /** In euros, of what is open. */
  toSpend: number;
  /** In euros, of what is done. */
  spent: number;
  /** Open actions of which nobody has said what they cost. */
  unpriced: number;
}

export function totalsOf(actions: readonly Action[], today: string): Totals {
  const count = (show: Show) => actions.filter((action) => isShown(show, action, today)).length;
  const sum = (some: readonly Action[]) => some.reduce((total, { cost_eur }) => total + (cost_eur ?? 0), 0);
  const open = actions.filter(isOpen);
  return {
    counts: { all: count('all'), todo: count('todo'), doing: count('doing'), overdue: count('overdue'), done: count('done'), dropped: count('dropped') },
    toSpend: sum(open),
    spent: sum(actions.filter(({ state }) => state === 'done')),
    unpriced: open.filter(({ cost_eur }) => cost_eur === null).length,
  };
}

/** Everybody who has something to do, once each, by name. */
export const ownersOf = (actions: readonly Action[], locale: string): string[] =>
  [...new Set(actions.map(({ owner }) => owner).filter(Boolean))].sort(new Intl.Collator(locale).compare);

/** What asks for somebody first: open before closed, then by day, what has no day last. */
export const urgency = (action: Action): string => `${isOpen(action) ? 0 : action.state === 'done' ? 1 : 2}${action.due ?? '9999'}`;

/** Everything that an action rests on, directly or not. */
export function restsOn(actions: readonly Action[], id: string): Set<string> {
  const found = new Set<string>();
  const next = [id];
  for (let at = next.pop(); at !== undefined; at = next.pop()) {
    for (const before of actions.find((one) => one.id === at)?.depends_on ?? []) {
      if (!found.has(before)) next.push(before);
      found.add(before);
    }
  }
  return found;
}

/** What can come before an action: nothing that itself waits for it. */
export const canComeBefore = (actions: readonly Action[], id: string | null): Action[] =>
  actions.filter((one) => one.id !== id && (id === null || !restsOn(actions, one.id).has(id)));

/** As the hub writes it, every field there; what was deleted meanwhile is no longer waited for. */
export function tidied(actions: readonly (Omit<Action, 'owner' | 'note' | 'depends_on'> & Partial<Action>)[]): Action[] {
  const ids = new Set(actions.map(({ id }) => id));
  return actions.map((action) => ({
    ...action,
    owner: action.owner ?? '',
    note: action.note ?? '',
    depends_on: (action.depends_on ?? []).filter((id) => ids.has(id)),
  }));
}

/** What can be set of an action, as it is now. */
export const bodyOf = ({ measure, title, owner, due, effort, cost_eur, state, depends_on, note, revision }: ActionBody): ActionBody => ({
  measure, title, owner, due, effort, cost_eur, state, depends_on, note, revision,
});

export const newBody = (rest: Partial<ActionBody> = {}): ActionBody => ({
  measure: null, title: '', owner: '', due: null, effort: 'M', cost_eur: null, state: 'todo', depends_on: [], note: '', revision: 0, ...rest,
});

const COMPARED = ['title', 'measure', 'state', 'owner', 'due', 'effort', 'cost_eur', 'depends_on', 'note'] as const;
export type Compared = (typeof COMPARED)[number];
/** The fields in which two versions of an action differ. */
export const differing = (mine: ActionBody, theirs: ActionBody): Compared[] =>
  COMPARED.filter((field) => JSON.stringify(mine[field]) !== JSON.stringify(theirs[field]));

/**
 * The plan says what is done, the score counts what is answered: whether the measure of a finished action still waits for an answer that
 * says so.
 */
export function asksForAnswer({ state, measure }: Action, measures: readonly MeasureStanding[]): boolean {
  const standing = measures.find(({ id }) => id === measure);
  return state === 'done' && standing !== undefined && standing.is_applicable && (standing.declared ?? 0) < 1;
}
