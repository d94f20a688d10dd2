import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { RESOURCES } from './access.js';

const table = readFileSync(new URL('../../../edge/gateway/permissions.md', import.meta.url), 'utf8');
const known = new Set([...table.matchAll(/^\| ([a-z_]+):(?:view|change|run) \|/gm)].map(([, resource]) => resource));

it('every resource that the gateway guards has its name here', () => {
  for (const resource of known) expect(RESOURCES).toContain(resource);
});
