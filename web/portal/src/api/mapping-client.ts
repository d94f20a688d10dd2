// The part of the hub's API that other frameworks use.
import { typedApi } from '@haubert/ui';
import type { FrameworkMapping } from './mapping-types';

interface Paths {
  '/api/v1/organisations/{id}/mapping': { get: { responses: { 200: { content: { 'application/json': FrameworkMapping } } } } };
}

export const mappingApi = typedApi<Paths>();
