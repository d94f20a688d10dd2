/** The generated types follow the committed description. */
import { readFileSync } from 'node:fs';
import openapiTS, { COMMENT_HEADER, astToString } from 'openapi-typescript';
import { expect, it } from 'vitest';

it('schema.d.ts is what openapi.json gives: else run npm run api', async () => {
  const fresh = COMMENT_HEADER + astToString(await openapiTS(new URL('../../../../edge/gateway/openapi.json', import.meta.url)));
  const committed = readFileSync(new URL('./schema.d.ts', import.meta.url), 'utf8');
  expect(committed === fresh, 'src/api/schema.d.ts is stale: run npm run api').toBe(true);
}, 30_000);
