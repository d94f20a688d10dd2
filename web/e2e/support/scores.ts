// Records of the scoreboard, as the Rust tests write them: one file each, where $HAUBERT_SCORES names a folder.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The full counts of `make soak`. */
export const soak = process.env.HAUBERT_SOAK === '1';

/** To be called before the expectation that may fail: a figure that disappoints is a figure too. */
export function record(id: string, held: boolean, figure: string): void {
  const folder = process.env.HAUBERT_SCORES;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${id}.json`), `${JSON.stringify({ id, held, figure })}\n`);
}
