import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { resources } from './access';

const table = readFileSync(new URL('../../../hub/hub/permissions.md', import.meta.url), 'utf8');
const known = new Set([...table.matchAll(/^\| ([a-z_]+):(?:view|change|run) \|/gm)].map(([, resource]) => resource));

it('every resource that the hub guards has its name here', () => {
  for (const resource of known) expect(resources).toContain(resource);
});
