// What gateways found about a measure.
import type { Evidence } from '../api/standing-types';

const SOUND = new Set(['met', 'compensated', 'not_applicable']);

/** What speaks against a measure being in place. */
export const against = (evidence: readonly Evidence[]): Evidence[] => evidence.filter(({ standing }) => !SOUND.has(standing));
