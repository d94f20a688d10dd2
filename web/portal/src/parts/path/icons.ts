// What stands for a kind of place, and for a way in. Words always stand beside.
import type { IconName } from '@haubert/ui';
import type { PlaceKind, Way } from '../../api/standing-types';

export const KIND_ICONS: Readonly<Record<PlaceKind, IconName>> = {
  device: 'pulse', network: 'tree', edge: 'gateway', wan: 'globe', cloud: 'cloud', application: 'bars', service: 'people',
};
/** In the order in which they are offered. */
export const KINDS = Object.keys(KIND_ICONS) as PlaceKind[];

export const WAY_ICONS: Readonly<Record<Way, IconName>> = { physical: 'hand', wired: 'cable', wireless: 'radio' };
export const WAYS = Object.keys(WAY_ICONS) as Way[];
