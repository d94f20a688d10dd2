import type { Like } from '@haubert/ui';
import type { access as en } from './en-access.js';

/** Mots de ce qui se passe à l’entrée : avis, événements, refus. */
export const access: Like<typeof en> = {
  'notice.password_overdue': { one: 'Le mot de passe de {n} compte est trop ancien : il peut consulter, et ne rien modifier.', other: 'Les mots de passe de {n} comptes sont trop anciens : ils peuvent consulter, et ne rien modifier.' },
  'notice.password_given': { one: '{n} compte a encore le mot de passe que quelqu’un d’autre lui a donné.', other: '{n} comptes ont encore le mot de passe que quelqu’un d’autre leur a donné.' },
  'home.act.password_overdue': 'Leurs titulaires choisissent un autre mot de passe à leur prochaine connexion.',
  'home.act.password_given': 'Leurs titulaires choisissent le leur à leur première connexion ; supprimez les comptes dont personne ne se sert.',
  'event.locked_out': 'Mots de passe erronés : {user} est refusé depuis {source} pendant {minutes} min',
  'event.locked_out_unknown': 'Mots de passe erronés pour un nom que personne ne porte : refus depuis {source} pendant {minutes} min',
  'event.locked_out_everywhere': 'Mots de passe erronés depuis de nombreux endroits : {user} est refusé pendant {minutes} min partout où il ne s’était jamais connecté',
  'event.locked_out_source': 'Mots de passe erronés pour de nombreux noms : {source} est refusée pendant {minutes} min',
  'event.recovery_code_made': 'Un code de secours a été produit sur la machine : pendant une heure, il ouvre un compte du profil Cybersécurité',
  'event.access_recovered': '{user} est entré avec un code de secours, depuis {source}, et a le profil Cybersécurité',
  'problem.name_taken': 'Un autre compte porte ce nom.',
  'problem.last_cyber_security': 'Il ne resterait personne du profil Cybersécurité.',
  'problem.own_account': 'Impossible sur votre propre compte. Demandez à une autre personne du profil Cybersécurité.',
  'problem.both_sides': 'Un profil pourrait à la fois configurer l’installation et la protéger. Confirmez que c’est voulu.',
  'field.guarded': 'La Cybersécurité garde ce droit : sans lui, personne ne pourrait rétablir le tableau.',
  'field.permission_unknown': 'Ce droit n’existe pas.',
  'field.profile_unknown': 'Ce profil n’existe pas.',
  'field.out_of_bounds': 'Hors limites.',
};
