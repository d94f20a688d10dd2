// What the pages on advisories filter: pure, so that it does not depend on the screen.
import { fold } from '@haubert/ui';
import type { AdvisoryAsset, AdvisoryMatch, AdvisoryState } from '../api/inventory-types';
import { OPEN_STATES } from './inventory';

export interface BearingFilter {
  text: string;
  /** One state, those that somebody has to look at, or whatever. */
  state: AdvisoryState | 'open' | '';
  /** One asset's id; empty for all. */
  asset: string;
}

/** Words are looked for in the advisory, its vulnerabilities and its assets; what is left of an advisory is what matches. */
export function bearing(matches: readonly AdvisoryMatch[], { text, state, asset }: BearingFilter): AdvisoryMatch[] {
  const wanted = fold(text).split(/\s+/).filter(Boolean);
  return matches.flatMap((match) => {
    const assets = match.assets.filter((one: AdvisoryAsset) => {
      if (asset !== '' && one.asset_id !== asset) return false;
      if (state === 'open' ? !OPEN_STATES.includes(one.state) : state !== '' && one.state !== state) return false;
      const { title, publisher, tracking_id } = match.advisory;
      const all = fold([title, publisher, tracking_id, one.name, ...one.findings.flatMap(({ cve, title: says, product }) => [cve ?? '', says ?? '', product])].join(' '));
      return wanted.every((word) => all.includes(word));
    });
    return assets[0] ? [{ ...match, state: assets[0].state, assets }] : [];
  });
}
/** Assets, each counted once. */
export const assetsOf = (matches: readonly AdvisoryMatch[]): number => new Set(matches.flatMap(({ assets }) => assets.map(({ asset_id }) => asset_id))).size;

/** The host of a web address; nothing for what a browser must not open. */
export function hostOf(url: string | null): string | null {
  try {
    const read = new URL(url ?? '');
    return read.protocol === 'https:' || read.protocol === 'http:' ? read.host : null;
  } catch {
    return null;
  }
}
