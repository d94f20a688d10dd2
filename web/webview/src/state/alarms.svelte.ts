/** How many alarms need somebody: for the navigation, on every page. */
import { Resource } from '@haubert/ui';
import { api } from '../api/client.js';

export const alarmCounts = new Resource((signal) => api.get('/alarms/counts', { signal }));
