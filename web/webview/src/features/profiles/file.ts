/** Profile files in the browser: their names, what is taken from disk, and the place in them that a fault names. */

/** Largest profile that the gateway accepts, in bytes. */
export const MAX_BYTES = 64 * 1024;

/** `socomec/countis-e3x` → `countis-e3x.toml`. */
export const fileName = (id: string): string => `${id.split('/').at(-1) ?? 'profile'}.toml`;

/** A name of one's own for a file or for another profile: small letters, digits and dashes. */
export function ownName(from: string): string {
  const stem = (from.split('/').at(-1) ?? '').replace(/\.toml$/i, '');
  const plain = stem.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '');
  return `own/${plain || 'meter'}`;
}

/** Where a line, counted from 1, begins and ends in a text. */
export function lineRange(text: string, line: number): [start: number, end: number] {
  const lines = text.split('\n');
  const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  return [start, start + (lines[line - 1]?.length ?? 0)];
}

/** A profile to start from: every part that is needed, nothing that is not. */
export const TEMPLATE = `vendor = "Maker"
model = "Model"
source = "Document and version that the addresses come from."
verified = false
fluids = ["electricity"]

points = [
  { quantity = "active_power_total", address = 0x0000, type = "s32", unit = "W" },
  { quantity = "active_energy_import", address = 0x0010, type = "u32", scale = "1000", unit = "Wh" },
]
`;
