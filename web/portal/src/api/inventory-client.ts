// The part of the hub's API that inventory, zones and advisories use.
import { typedApi } from '@haubert/ui';
import type { Advisory, AdvisoryMatch, AdvisorySummary, Asset, AssetBody, AssetImport, Conduit, ConduitBody, Segmentation, Zone, ZoneBody } from './inventory-types';

interface Told<T> {
  content: { 'application/json': T };
}
interface Gives<T> {
  responses: { 200: Told<T> };
}
interface Makes<B, T> {
  requestBody: Told<B>;
  responses: { 201: Told<T> };
}
interface Changes<B, T> extends Gives<T> {
  requestBody: Told<B>;
}
interface Removes {
  responses: { 204: { content?: never } };
}
interface List<T> {
  items: T[];
  next_cursor: string | null;
}
interface Paths {
  '/api/v1/organisations/{id}/assets': { get: Gives<List<Asset>>; post: Makes<AssetBody, Asset> };
  '/api/v1/organisations/{id}/assets/import': { post: Gives<AssetImport> };
  '/api/v1/organisations/{id}/assets/table': { get: Gives<string> };
  '/api/v1/assets/{id}': { get: Gives<Asset>; put: Changes<AssetBody, Asset>; delete: Removes };
  '/api/v1/organisations/{id}/zones': { get: Gives<List<Zone>>; post: Makes<ZoneBody, Zone> };
  '/api/v1/zones/{id}': { put: Changes<ZoneBody, Zone>; delete: Removes };
  '/api/v1/organisations/{id}/conduits': { get: Gives<List<Conduit>>; post: Makes<ConduitBody, Conduit> };
  '/api/v1/conduits/{id}': { put: Changes<ConduitBody, Conduit>; delete: Removes };
  '/api/v1/organisations/{id}/segmentation': { get: Gives<Segmentation> };
  '/api/v1/organisations/{id}/advisories': { get: Gives<List<AdvisoryMatch>> };
  '/api/v1/advisories': { get: Gives<List<AdvisorySummary>>; post: Gives<Advisory> };
  '/api/v1/advisories/{advisory}': { get: Gives<Advisory>; delete: Removes };
}

export const inventoryApi = typedApi<Paths>();
