/** Colours of curves: the same usage, and the same load, has the same colour on every page. */
const PALETTE_SIZE = 12;

const USAGE_COLORS: Readonly<Record<string, number>> = {
  supply: 11, cranes: 1, reefers: 3, shore_power: 2, process: 4, lighting: 5, hvac: 8, offices: 7, it: 9, charging: 6,
  production: 12, water: 9, other: 10,
};

/** A CSS colour for the n-th curve, counted from 0. */
export const paletteColor = (at: number): string => `var(--series-${(at % PALETTE_SIZE) + 1})`;

export const usageColor = (usage: string | null | undefined): string => `var(--series-${USAGE_COLORS[usage ?? 'other'] ?? 10})`;

/** A steady colour from an id: the place of the id among all known ids. */
export function colorOf(id: string, all: readonly string[]): string {
  const at = [...all].sort().indexOf(id);
  return paletteColor(at < 0 ? [...id].reduce((sum, char) => (sum * 31 + (char.codePointAt(0) ?? 0)) % 9973, 7) : at);
}

/** What a CSS colour (variables, light-dark, color-mix) is right now under `element`: canvases need plain colours. */
export function resolveColor(element: HTMLElement, color: string): string {
  const probe = document.createElement('span');
  probe.style.color = color;
  probe.style.display = 'none';
  element.append(probe);
  const plain = getComputedStyle(probe).color;
  probe.remove();
  return plain;
}
