// What the profile Cyber security does on its pages before an outlet can be switched on, and whom that may believe.
import { GatewayApi, securityUser } from './api.ts';
import { account, type Gateway } from './system.ts';

export async function allowOutlet(gateway: Gateway, service: string, authority?: string): Promise<void> {
  const keeper = new GatewayApi(gateway.url, gateway.setupCode);
  await keeper.post('/session', { user: securityUser, password: account.password });
  const { policy, revision } = await keeper.get<{ policy: { services: Record<string, unknown> }; revision: number }>('/policy');
  await keeper.put('/policy', { policy: { ...policy, services: { ...policy.services, [service]: { enabled: true } } }, revision });
  if (authority !== undefined) await keeper.post(`/certificates/trust/${service}/authorities`, { pem: authority });
  await keeper.close();
}
