/** Zones and loads as a tree. A zone whose parent is missing, or that is inside itself, stands at the top: nothing gets lost. */
import type { Load, Zone } from '../../api/types.js';

export interface Branch {
  zone: Zone;
  branches: Branch[];
  loads: Load[];
}
export interface Tree {
  branches: Branch[];
  /** Loads without a zone. */
  loose: Load[];
}

export function buildTree(zones: readonly Zone[], loads: readonly Load[]): Tree {
  const known = new Map(zones.map((zone) => [zone.id, zone]));
  const reachesTop = (zone: Zone): boolean => {
    const seen = new Set<string>();
    let one: Zone | undefined = zone;
    while (one?.parent_id) {
      if (seen.has(one.id)) return false;
      seen.add(one.id);
      one = known.get(one.parent_id);
    }
    return true;
  };
  const parentOf = (zone: Zone): string | null => (zone.parent_id && known.has(zone.parent_id) && reachesTop(zone) ? zone.parent_id : null);
  const under = (parent: string | null): Branch[] =>
    zones
      .filter((zone) => parentOf(zone) === parent)
      .map((zone) => ({ zone, branches: under(zone.id), loads: loads.filter((load) => load.zone_id === zone.id) }));
  return { branches: under(null), loose: loads.filter((load) => !load.zone_id || !known.has(load.zone_id)) };
}

/** A zone and all zones inside it: where it cannot be moved to. */
export function withInner(zones: readonly Zone[], id: string): Set<string> {
  const all = new Set([id]);
  for (let grew = true; grew; ) {
    grew = false;
    for (const zone of zones) {
      if (zone.parent_id && all.has(zone.parent_id) && !all.has(zone.id)) {
        all.add(zone.id);
        grew = true;
      }
    }
  }
  return all;
}

/** Power of a branch: the sum of what its loads draw, supply meters aside since they would count twice. */
export function powerOf(branch: Branch): number | null {
  const own = branch.loads.filter((load) => load.enabled && load.usage !== 'supply').map((load) => load.power_w);
  return [...own, ...branch.branches.map(powerOf)].reduce<number | null>((sum, power) => (power === null ? sum : (sum ?? 0) + power), null);
}

/** Zones for a choice, indented by depth. */
export function zoneOptions(zones: readonly Zone[], except: ReadonlySet<string> = new Set()): { value: string; label: string }[] {
  const list: { value: string; label: string }[] = [];
  const walk = (branches: readonly Branch[], depth: number) => {
    for (const { zone, branches: inner } of branches) {
      if (except.has(zone.id)) continue;
      list.push({ value: zone.id, label: `${'\u2003'.repeat(depth)}${zone.name}` });
      walk(inner, depth + 1);
    }
  };
  walk(buildTree(zones, []).branches, 0);
  return list;
}
