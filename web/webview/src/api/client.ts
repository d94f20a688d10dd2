/** The gateway's API, checked against its description. */
import { typedApi } from '@haubert/ui';
import type { paths } from './schema.js';

export const api = typedApi<paths>();
