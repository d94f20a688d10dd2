// The hub's API, checked against its description.
import { typedApi } from '@haubert/ui';
import type { paths } from './schema';

export const api = typedApi<paths>();
