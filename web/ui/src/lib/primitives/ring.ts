/** The mark of state in both apps: the state of a ring, and what devices and links map to. */
export type RingState = 'holds' | 'declared' | 'weak' | 'fails' | 'unknown';
export const RING_STATES: readonly RingState[] = ['holds', 'declared', 'weak', 'fails', 'unknown'];

/** The state that needs attention first. */
const WORST_FIRST: readonly RingState[] = ['fails', 'weak', 'unknown', 'declared', 'holds'];

export function weakest(states: readonly RingState[]): RingState {
  return WORST_FIRST.find((state) => states.includes(state)) ?? 'unknown';
}

export interface ChainLink {
  state: RingState;
  label: string;
  /** Beside the label: a count, a word. */
  note?: string;
  href?: string;
}

/** A chain in words, each ring with its state: what a picture of it says. */
export function chainText(links: readonly ChainLink[], word: (state: RingState) => string, weakest: { at: number; word: string } | null = null): string {
  return links.map(({ state, label }, at) => `${label}: ${word(state)}${weakest?.at === at ? ` (${weakest.word})` : ''}`).join('; ');
}
