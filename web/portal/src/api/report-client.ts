// The part of the hub's API that reports use.
import { typedApi } from '@haubert/ui';
import type { Report } from './report-types';

interface Gives<T> {
  get: { responses: { 200: { content: { 'application/json': T } } } };
}
interface Paths {
  '/api/v1/organisations/{id}/report': Gives<Report>;
  '/api/v1/organisations/{id}/report/pdf': Gives<string>;
}

export const reportApi = typedApi<Paths>();
