/** Names of the security pages. */
export const security = {
  'nav.group.security': 'Sécurité',
  'nav.security.overview': 'Vue d’ensemble',
  'nav.security.accounts': 'Comptes',
  'nav.security.policy': 'Politique de sécurité',
  'nav.security.certificates': 'Certificats',
  'nav.security.firewall': 'Pare-feu',
  'nav.security.audit': 'Journal d’audit',
  'nav.security.updates': 'Mises à jour',
  'nav.security.storage': 'Stockage et sauvegarde',
};
