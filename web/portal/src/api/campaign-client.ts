// The part of the hub's API that campaigns use.
import { typedApi } from '@haubert/ui';
import type { Campaign, CampaignBody, CampaignWithProgress, OwnCampaign } from './campaign-types';
import type { AssessmentSummary } from './library-types';

interface Told<T> {
  content: { 'application/json': T };
}
interface Gives<T> {
  responses: { 200: Told<T> };
}
interface List<T> {
  items: T[];
  next_cursor: string | null;
}
interface Paths {
  '/api/v1/campaigns': {
    get: Gives<List<Campaign>>;
    post: { requestBody: Told<CampaignBody>; responses: { 201: Told<Campaign> } };
  };
  '/api/v1/campaigns/{id}': { get: Gives<CampaignWithProgress>; put: Gives<CampaignWithProgress> & { requestBody: Told<CampaignBody> } };
  '/api/v1/campaigns/{id}/closing': { post: Gives<CampaignWithProgress> };
  '/api/v1/organisations/{id}/campaigns': { get: Gives<List<OwnCampaign>> };
  '/api/v1/organisations/{id}/campaigns/{campaign}/assessment': { post: Gives<AssessmentSummary> };
}

export const campaignApi = typedApi<Paths>();
