/** Names of the security pages. */
export const security = {
  'nav.group.security': 'Security',
  'nav.security.overview': 'Overview',
  'nav.security.accounts': 'Accounts',
  'nav.security.policy': 'Security policy',
  'nav.security.certificates': 'Certificates',
  'nav.security.firewall': 'Firewall',
  'nav.security.audit': 'Audit trail',
  'nav.security.updates': 'Updates',
  'nav.security.storage': 'Storage and backup',
};
