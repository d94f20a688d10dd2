// The part of the hub's API that evidence and audits use.
import { typedApi } from '@haubert/ui';
import type { AuditClosing, AuditSheet, EvidenceFile, EvidenceLink, Finding, FindingBody, FindingWithPast } from './audit-types';

interface Told<T> {
  content: { 'application/json': T };
}
interface Gives<T> {
  responses: { 200: Told<T> };
}
interface Takes<B, T> extends Gives<T> {
  requestBody: Told<B>;
}
interface List<T> {
  items: T[];
  next_cursor: string | null;
}
interface Paths {
  '/api/v1/organisations/{id}/evidence': { get: Gives<List<EvidenceFile>> };
  '/api/v1/evidence/{id}': {
    put: Takes<{ title: string; links: EvidenceLink[]; revision: number }, EvidenceFile>;
    delete: { responses: { 204: { content?: never } } };
  };
  '/api/v1/evidence/{id}/versions/{version}': { get: Gives<string> };
  '/api/v1/organisations/{id}/findings': { get: Gives<List<Finding>> };
  '/api/v1/audits/{id}/sheet': { get: Gives<AuditSheet> };
  '/api/v1/audits/{id}/closing': { get: Gives<AuditClosing>; post: { responses: { 201: Told<AuditClosing> } } };
  '/api/v1/audits/{id}/findings': { post: { requestBody: Told<FindingBody>; responses: { 201: Told<Finding> } } };
  '/api/v1/findings/{id}': { get: Gives<FindingWithPast>; put: Takes<FindingBody, Finding> };
  '/api/v1/findings/{id}/correction': { put: Takes<{ words: string; evidence: string[]; revision: number }, Finding> };
  '/api/v1/findings/{id}/verdict': { put: Takes<{ is_accepted: boolean; words: string; revision: number }, Finding> };
}

export const auditApi = typedApi<Paths>();
