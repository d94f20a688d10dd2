import type { Like } from '@haubert/ui';
import type { en } from './en.js';
import { certificates } from './fr-certificates.js';
import { access } from './fr-access.js';
import { accounts } from './fr-accounts.js';
import { codes } from './fr-codes.js';
import { posture } from './fr-posture.js';
import { profiles } from './fr-profiles.js';
import { security } from './fr-security.js';
import { policy } from './fr-policy.js';
import { firewall } from './fr-firewall.js';
import { audit } from './fr-audit.js';
import { history } from './fr-history.js';
import { updates } from './fr-updates.js';
import { storage } from './fr-storage.js';
import { files } from './fr-files.js';
import { push } from './fr-push.js';
import { mail } from './fr-mail.js';
import { lorawan } from './fr-lorawan.js';
import { mqtt } from './fr-mqtt.js';
import { ways } from './fr-ways.js';
import { snmp } from './fr-snmp.js';
import { bacnet } from './fr-bacnet.js';
import { outlets } from './fr-outlets.js';
import { alarms } from './fr-alarms.js';
import { monitoring } from './fr-monitoring.js';

export const fr: Like<typeof en> = {
  ...access,
  ...accounts,
  ...codes,
  ...certificates,
  ...posture,
  ...profiles,
  ...security,
  ...policy,
  ...firewall,
  ...audit,
  ...history,
  ...updates,
  ...storage,
  ...files,
  ...push,
  ...mail,
  ...lorawan,
  ...mqtt,
  ...ways,
  ...snmp,
  ...bacnet,
  ...outlets,
  ...alarms,
  ...monitoring,
  'product': 'Passerelle',
  'nav.home': 'Accueil', 'nav.live': 'Temps réel', 'nav.trends': 'Tendances', 'nav.consumption': 'Consommations', 'nav.site': 'Site', 'nav.sources': 'Sources',
  'nav.diagnostics': 'Diagnostic', 'nav.events': 'Événements', 'nav.hub': 'Lien au hub', 'nav.group.see': 'Consulter', 'nav.group.set': 'Configurer', 'nav.group.check': 'Vérifier',
  'page.not_found': 'Cette page n’existe pas', 'page.not_found_lead': 'L’adresse est peut-être mal écrite, ou ce qu’elle montrait a été supprimé.', 'page.to_home': 'Aller à l’accueil',
  'access.denied': 'Votre profil ne le permet pas', 'access.ask_admin': 'Demandez à une personne dont le profil le permet, comme un administrateur.', 'hub.not_joined': 'Cette passerelle n’a rejoint aucun hub',
  'common.add': 'Ajouter', 'common.edit': 'Modifier', 'common.delete': 'Supprimer', 'common.test': 'Tester', 'common.name': 'Nom', 'common.load': 'Charge', 'common.loads': 'Charges', 'common.device': 'Compteur',
  'common.devices': 'Compteurs', 'common.bus': 'Bus', 'common.zone': 'Zone', 'common.usage': 'Usage', 'common.fluid': 'Fluide', 'common.quantity': 'Grandeur', 'common.value': 'Valeur', 'common.quality': 'Qualité',
  'common.measured_at': 'Mesurée', 'common.state': 'État', 'common.power': 'Puissance', 'common.unit_id': 'Adresse', 'common.profile': 'Profil', 'common.last_ok': 'Dernière réponse', 'common.no_zone': 'Sans zone',
  'common.id': 'Identifiant', 'common.line': 'Ligne', 'common.since': 'depuis', 'common.edit_what': 'Modifier {what}', 'common.delete_what': 'Supprimer {what}', 'common.test_what': 'Tester {what}', 'common.saved': 'Enregistré.', 'common.serial_number': 'Numéro de série',
  'common.required': 'Ce champ est nécessaire.', 'common.not_a_number': 'Donnez un nombre.', 'common.between': 'Donnez un nombre entre {low} et {high}.', 'common.from': 'Du', 'common.to': 'Au', 'common.updated': 'Mis à jour',
  'count.devices': { one: '{n} compteur', other: '{n} compteurs' }, 'count.loads': { one: '{n} charge', other: '{n} charges' }, 'count.curves': { one: '{n} courbe', other: '{n} courbes' },

  'home.now': '{fluid}, maintenant', 'home.today': '{value} aujourd’hui', 'home.against_yesterday': '{change} par rapport à hier à la même heure', 'home.no_yesterday': 'Pas encore de valeur pour hier',
  'home.production': 'Production locale, maintenant', 'home.production_share': '{share} de ce que le site appelle', 'home.power_24h': 'Puissance des dernières 24 heures', 'home.top_loads': 'Plus grosses charges', 'home.by_usage': 'Par usage',
  'home.chain': 'Des compteurs au hub', 'home.notices': 'À surveiller', 'home.no_notices': 'Rien à signaler.', 'home.devices_online': '{n} en ligne sur {total}', 'home.see_diagnostics': 'Voir le diagnostic',
  'home.empty': 'Aucun compteur pour l’instant', 'home.empty_lead': 'Cherchez des compteurs sur un bus ou sur le réseau : ce qui répond s’ajoute en un clic.', 'home.find_meters': 'Chercher des compteurs', 'home.other_usages': 'Autres usages', 'home.now_short': 'Maintenant', 'home.today_short': 'Aujourd’hui',
  'chain.devices': 'Compteurs', 'chain.buses': 'Bus de terrain', 'chain.history': 'Historique', 'chain.clock': 'Horloge', 'chain.hub': 'Hub', 'chain.clock_ok': 'à l’heure', 'chain.clock_unset': 'pas réglée',

  'live.lead': 'Ce que chaque charge appelle en ce moment. Choisissez une charge pour voir toutes ses valeurs.', 'live.connected': 'En direct', 'live.reconnecting': 'Reconnexion…', 'live.loads': 'Charges en temps réel', 'live.energy': 'Index d’énergie',
  'live.voltage': 'Tension', 'live.current': 'Courant', 'live.power_factor': 'Facteur de puissance', 'live.all_values': 'Toutes les valeurs : {name}', 'live.choose': 'Choisissez une charge pour voir toutes ses valeurs.', 'live.only_state': 'État', 'live.any_state': 'Tous les états',
  'live.empty': 'Aucune valeur pour l’instant', 'live.empty_lead': 'Les valeurs apparaissent un instant après l’ajout du premier compteur.', 'live.see_trend': 'Voir sa tendance', 'live.show': 'Voir toutes les valeurs de {name}', 'live.flow': 'Puissance ou débit',

  'site.lead': 'Où sont les charges et à quoi elles servent. Les consommations se totalisent le long de cet arbre.', 'site.settings': 'Réglages du site', 'site.name': 'Nom du site', 'site.time_zone': 'Fuseau horaire', 'site.time_zone_help': 'Les jours, les mois et les tarifs suivent ce fuseau.',
  'site.country': 'Pays', 'site.country_help': 'Deux lettres, par exemple FR.', 'site.add_zone': 'Ajouter une zone', 'site.add_zone_in': 'Ajouter une zone dans {name}', 'site.edit_zone': 'Modifier la zone', 'site.zone_parent': 'Dans', 'site.whole_site': 'Le site lui-même',
  'site.delete_zone': 'Supprimer la zone {name} ?', 'site.delete_zone_text': 'Ses charges restent et passent dans « Sans zone » ; les zones qu’elle contient remontent d’un niveau.', 'site.edit_load': 'Modifier la charge', 'site.load_enabled': 'En service', 'site.load_enabled_help': 'Une charge hors service n’est ni montrée ni totalisée.',
  'site.empty_zone': 'Rien dans cette zone pour l’instant.', 'site.no_loads': 'Aucune charge pour l’instant', 'site.no_loads_lead': 'Les charges apparaissent ici quand leur compteur est ajouté.', 'site.tree': 'Arbre du site', 'site.zone_loads': 'Charges de cette zone', 'site.usage_of': 'Usage de {name}', 'site.usage_saved': '{name} : {usage}', 'site.not_in_use': 'hors service', 'site.zone_deleted': 'Zone supprimée.', 'site.power': 'Puissance {value}',

  'trends.lead': 'Comparez des charges et des grandeurs dans le temps.', 'trends.pick': 'Courbes', 'trends.record': 'Grandeur', 'trends.loads': 'Charges', 'trends.filter_loads': 'Filtrer les charges', 'trends.range': 'Période', 'trends.custom': 'Autre', 'trends.chart': 'Tendances des courbes choisies',
  'trends.range.1h': '1 h', 'trends.range.6h': '6 h', 'trends.range.24h': '24 h', 'trends.range.7d': '7 j', 'trends.range.30d': '30 j', 'trends.band': 'Montrer minimum et maximum', 'trends.empty': 'Choisissez une courbe', 'trends.empty_lead': 'Cochez des charges ci-contre : leurs courbes partagent le même axe du temps. Les interruptions restent visibles.',
  'trends.no_series': 'Rien n’est encore enregistré', 'trends.no_series_lead': 'L’historique commence dès qu’un compteur répond.', 'trends.too_many': 'Un graphique tient {n} courbes au plus. Retirez-en une d’abord.', 'trends.remove': 'Retirer {name}', 'trends.clear': 'Tout retirer', 'trends.apply': 'Afficher', 'trends.bad_range': 'La fin doit venir après le début.', 'trends.selected': 'Courbes choisies',
  'trends.no_match': 'Aucune charge ne porte ce nom.',

  'consumption.lead': 'Combien a été consommé, par quoi, et par rapport à la période précédente.', 'consumption.step': 'Pas', 'consumption.by': 'Regroupées par', 'consumption.by.load': 'Charge', 'consumption.by.usage': 'Usage', 'consumption.by.zone': 'Zone',
  'consumption.step.hour': 'Heure', 'consumption.step.day': 'Jour', 'consumption.step.month': 'Mois', 'consumption.step.year': 'Année', 'consumption.compare': 'Comparer à la période précédente', 'consumption.earlier': 'Période antérieure', 'consumption.later': 'Période suivante',
  'consumption.total': 'Total', 'consumption.previous': 'Période précédente', 'consumption.change': 'Évolution', 'consumption.share': 'Part', 'consumption.chart': 'Consommation ({fluid}) par {step}', 'consumption.empty': 'Aucune consommation sur cette période', 'consumption.empty_lead': 'Choisissez une autre période, ou vérifiez dans Diagnostic que les compteurs répondent.',
  'consumption.by_period': 'Chiffres par période', 'consumption.period': 'Période', 'consumption.others': 'Autres', 'consumption.partial': 'incomplet', 'consumption.like_for_like': 'L’évolution ne compare que ce qui est achevé et mesuré dans les deux périodes.', 'consumption.bad_range': 'La fin ne doit pas venir avant le début.', 'consumption.too_long': 'À ce pas, la période tient {n} valeurs au plus : prenez un pas plus grand ou une période plus courte.',
  'per.hour': 'heure', 'per.day': 'jour', 'per.month': 'mois', 'per.year': 'année',

  'sources.lead': 'Les bus que la passerelle interroge, et leurs compteurs.', 'sources.discover': 'Chercher des compteurs', 'sources.add_bus': 'Ajouter un bus', 'sources.edit_bus': 'Modifier le bus', 'sources.add_device': 'Ajouter un compteur à la main', 'sources.edit_device': 'Modifier le compteur',
  'sources.empty': 'Aucun bus pour l’instant', 'sources.empty_lead': 'Un bus est une ligne série ou une adresse réseau où des compteurs répondent. La recherche de compteurs en crée un pour vous.', 'sources.bus_empty': 'Aucun compteur sur ce bus. Lancez une recherche, ou ajoutez-en un à la main.', 'sources.delete_bus': 'Supprimer le bus {name} ?',
  'sources.delete_bus_text': 'Ses compteurs sont supprimés aussi. Ce qui a été enregistré reste.', 'sources.delete_device': 'Supprimer le compteur {name} ?', 'sources.delete_device_text': 'La lecture s’arrête aussitôt. Ce qui a été enregistré reste.', 'sources.bus_off': 'arrêté',
  'sources.kind': 'Type de ligne', 'sources.kind.tcp': 'Modbus TCP', 'sources.kind.rtu_over_tcp': 'Modbus RTU sur TCP', 'sources.kind.serial': 'Ligne série (RS-485)', 'sources.host': 'Adresse', 'sources.host_help': 'Nom ou adresse IP du compteur ou de sa passerelle.', 'sources.port': 'Port',
  'sources.path': 'Port série', 'sources.baud': 'Vitesse', 'sources.parity': 'Parité', 'sources.parity.none': 'Aucune', 'sources.parity.even': 'Paire', 'sources.parity.odd': 'Impaire', 'sources.stop_bits': 'Bits de stop', 'sources.timeout': 'Délai d’attente (ms)', 'sources.timeout_help': 'Temps laissé au compteur pour répondre.',
  'sources.poll': 'Période de lecture (ms)', 'sources.poll_help': 'À quel rythme, au mieux, chaque compteur est lu.', 'sources.bus_enabled': 'Lire ce bus', 'sources.device_enabled': 'Lire ce compteur', 'sources.base': 'Premier registre', 'sources.base_help': 'Seulement pour les tables qui commencent n’importe où (SunSpec).', 'sources.load_names': 'Noms des charges',
  'sources.load_names_help': 'Un par ligne, dans l’ordre des voies. Sans nom, elles prennent celui du compteur.', 'sources.deleted': 'Supprimé.', 'sources.added': { one: '{n} compteur ajouté.', other: '{n} compteurs ajoutés.' }, 'sources.channels': 'Voies', 'sources.no_ports': 'Aucun port série trouvé sur cette machine : saisissez son chemin.',
  'sources.choose_profile': 'Choisissez un profil', 'sources.profile_verified': 'vérifié sur l’appareil', 'sources.devices_on': 'Compteurs de {bus}', 'sources.device_actions': 'Actions pour {name}', 'sources.product': 'Produit', 'sources.unverified': 'pas encore vérifié sur un appareil',

  'discover.title': 'Chercher des compteurs', 'discover.lead': 'La passerelle demande à chaque adresse qui répond. Elle ne fait que lire.', 'discover.where': 'Où chercher', 'discover.line': 'Bus ou ligne', 'discover.new_line': 'Une autre ligne ou adresse', 'discover.first_unit': 'Première adresse Modbus', 'discover.last_unit': 'Dernière adresse Modbus', 'discover.hosts': 'Plusieurs adresses réseau',
  'discover.hosts_help': 'Une par ligne ; chacune est essayée avec le même port. Laissez vide pour la seule adresse ci-dessus.', 'discover.start': 'Lancer la recherche', 'discover.stop': 'Arrêter', 'discover.again': 'Chercher encore', 'discover.progress': '{probed} adresses interrogées sur {total}', 'discover.running': 'Recherche en cours…', 'discover.done': 'Terminé.', 'discover.cancelled': 'Arrêté.', 'discover.failed': 'La recherche a échoué.',
  'discover.found': 'Trouvés', 'discover.none': 'Rien n’a répondu', 'discover.none_lead': 'Vérifiez le câblage, la vitesse et la parité de la ligne, l’adresse et le port, et que les adresses Modbus sont dans l’intervalle.', 'discover.by': 'Reconnu par', 'discover.known': 'déjà ajouté', 'discover.unknown_profile': 'modèle inconnu', 'discover.select': 'Ajouter {name}', 'discover.select_all': 'Choisir tous les nouveaux compteurs',
  'discover.add': { one: 'Ajouter {n} compteur', other: 'Ajouter {n} compteurs' }, 'discover.pick_some': 'Cochez les compteurs à ajouter', 'discover.choose_model': 'Choisissez le modèle avant d’ajouter.', 'discover.name_of': 'Nom de l’adresse {unit}', 'discover.profile_of': 'Profil de l’adresse {unit}', 'discover.found_count': { one: '{n} compteur trouvé', other: '{n} compteurs trouvés' }, 'discover.back': 'Sources',

  'test.title': 'Test : {name}', 'test.running': 'Interrogation du compteur…', 'test.ok': 'Le compteur répond.', 'test.failed': 'Le compteur ne répond pas comme il faut.', 'test.requests': 'Requêtes', 'test.points': 'Mots bruts et valeurs', 'test.function': 'Fonction', 'test.address': 'Registre', 'test.count': 'Mots', 'test.time': 'Durée', 'test.result': 'Résultat', 'test.words': 'Mots bruts', 'test.channel': 'Voie', 'test.again': 'Tester encore', 'test.identity': 'Se présente comme',
  'test.answered': 'répondu', 'test.round_trip': 'Aller-retour moyen : {time}',

  'diag.lead': 'Comment la passerelle entend ses compteurs, garde leur historique et joint le hub.', 'diag.rate': 'Requêtes par seconde', 'diag.values_rate': 'Valeurs par seconde', 'diag.errors_rate': 'Erreurs par seconde', 'diag.round_trip': 'Aller-retour (médiane)', 'diag.round_trip_all': 'médiane {p50}, 95 % sous {p95}, plus long {max}', 'diag.bus_load': 'Occupation de la ligne', 'diag.cycle': 'Lecture complète',
  'diag.requests': 'Requêtes', 'diag.timeouts': 'Sans réponse', 'diag.crc': 'Erreurs CRC', 'diag.exceptions': 'Refus', 'diag.malformed': 'Abîmées', 'diag.stale': 'Réponses tardives', 'diag.answers': 'Réponses', 'diag.failures': 'Échecs de suite', 'diag.next_try': 'Prochain essai', 'diag.refused_ranges': 'Plages refusées', 'diag.totals': 'Depuis le démarrage : {errors} erreurs pour {requests} requêtes',
  'diag.historian': 'Historique', 'diag.series': 'Séries', 'diag.samples': 'Échantillons', 'diag.size': 'Taille', 'diag.oldest': 'Plus ancien', 'diag.last_write': 'Dernière écriture', 'diag.clock': 'Horloge', 'diag.clock_now': 'Heure de la passerelle', 'diag.clock_set': 'Réglée par un serveur de temps', 'diag.clock_jump': 'Dernier saut', 'diag.hub': 'Lien au hub', 'diag.yes': 'oui', 'diag.no': 'non', 'diag.empty': 'Aucun bus à surveiller pour l’instant',
  'diag.waiting': 'En attente', 'diag.dropped': 'Perdus', 'diag.errors': 'Erreurs',
  'diag.clock_jump_by': '{by}, {at}', 'diag.devices_of': 'Compteurs de {bus}', 'diag.ago_now': 'maintenant',

  'events.lead': 'Ce qui s’est passé sur cette passerelle, le plus récent d’abord.', 'events.at': 'Quand', 'events.severity': 'Gravité', 'events.what': 'Ce qui s’est passé', 'events.empty': 'Aucun événement pour l’instant', 'events.more': 'Voir les événements plus anciens', 'events.list': 'Événements',

  'hub.lead': 'Le hub reçoit l’historique et les valeurs par un lien chiffré que cette passerelle ouvre. Le hub ne peut jamais écrire dans un compteur.', 'hub.enrol': 'Rejoindre un hub', 'hub.enrol_lead': 'Dans le hub, ajoutez cette passerelle à un site : il affiche les trois valeurs à recopier ici. Le jeton ne sert qu’une fois.', 'hub.url': 'Adresse du hub', 'hub.url_help': 'Commence par https://', 'hub.token': 'Jeton à usage unique',
  'hub.fingerprint': 'Empreinte de l’autorité du hub', 'hub.fingerprint_help': 'SHA-256, 64 chiffres hexadécimaux. Elle prouve que c’est le bon hub.', 'hub.submit': 'Rejoindre', 'hub.state': 'État du lien', 'hub.backlog': 'En attente d’envoi', 'hub.backlog_text': { one: '{n} bloc, {size}', other: '{n} blocs, {size}' }, 'hub.backlog_none': 'rien', 'hub.last_ack': 'Dernière confirmation du hub', 'hub.certificate': 'Certificat valable jusqu’au', 'hub.leave': 'Quitter le hub',
  'hub.leave_title': 'Quitter le hub ?', 'hub.leave_text': 'Le certificat est détruit et plus rien n’est envoyé. Pour revenir, il faudra un nouveau jeton. L’historique de cette passerelle reste.', 'hub.left': 'La passerelle a quitté le hub.', 'hub.joined': 'Enrôlement accepté.', 'hub.bad_url': 'Donnez une adresse qui commence par https://', 'hub.bad_fingerprint': 'Une empreinte a 64 chiffres hexadécimaux (des deux-points peuvent les séparer).', 'hub.what_is_kept': 'Quand le hub est hors d’atteinte, les valeurs attendent sur cette passerelle et partent dans l’ordre à son retour.',
};
