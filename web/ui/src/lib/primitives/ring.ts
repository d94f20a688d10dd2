/** The mark of state in both apps: the state of a ring, and what devices and links map to. */
export type RingState = 'holds' | 'declared' | 'weak' | 'fails' | 'unknown';
export const RING_STATES: readonly RingState[] = ['holds', 'declared', 'weak', 'fails', 'unknown'];

/** The state that needs attention first. */
const WORST_FIRST: readonly RingState[] = ['fails', 'weak', 'unknown', 'declared', 'holds'];

export function weakest(states: readonly RingState[]): RingState {
  return WORST_FIRST.find((state) => states.includes(state)) ?? 'unknown';
}
