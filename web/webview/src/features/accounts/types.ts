/** Shapes of the accounts' routes, as their description has them. */
import type { Answer } from '@haubert/ui';
import type { paths } from '../../api/schema.js';

type Item<T> = T extends { items: (infer I)[] } ? I : never;
export type Account = Item<Answer<paths, 'get', '/accounts'>>;
export type AccountFactors = Item<Answer<paths, 'get', '/second-factors'>>;
export type Lockout = Item<Answer<paths, 'get', '/lockouts'>>;
export type Permissions = Answer<paths, 'get', '/permissions'>;
export type AccessRules = Answer<paths, 'get', '/access-rules'>;

/** The four profiles, from least to most. */
export const PROFILES = ['user', 'advanced_user', 'admin', 'cyber_security'] as const;
