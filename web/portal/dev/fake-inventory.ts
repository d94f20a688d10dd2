// The inventory of the pretend hub: assets of every origin, zones that hold together badly enough to remark on, and two advisories. A name
// that begins with "Conflict" is changed by somebody else whenever it is saved. An import takes CSV with commas or semicolons.
import { randomUUID } from 'node:crypto';
import type { Advisory, AdvisoryAsset, AdvisoryMatch, AdvisorySummary, Asset, AssetBody, AssetField, AssetRow, Bearing, Conduit, ConduitBody, Segmentation, Zone, ZoneBody } from '../src/api/inventory-types.ts';
import { taxonomies } from './content.ts';
import { Fault, type Handler } from './fault.ts';

const now = () => new Date().toISOString();
const id = (kind: string, number: number) => `0000000${kind}-0000-4000-8000-${String(number).padStart(12, '0')}`;
const list = (items: unknown[]) => ({ items, next_cursor: null });

export function inventoryRoutes(organisation: string | undefined, user: () => string): [string, RegExp, Handler][] {
  const traced = () => ({ organisation_id: organisation ?? '', created_at: '2026-05-11T08:00:00.000Z', changed_at: now(), changed_by: 'Bruno Gauthier', revision: 1 });
  const zone = (number: number, name: string, target_level: number, purpose: string): Zone => ({ ...traced(), id: id('c', number), name, target_level, purpose });
  let zones: Zone[] = organisation === undefined ? [] : [
    zone(1, 'Offices', 1, 'Mail, orders and accounting.'),
    zone(2, 'Gate and yard', 2, 'What lets lorries in and out.'),
    zone(3, 'Cranes', 3, 'Control of the quay cranes; nothing else may reach it.'),
    zone(4, 'Metering', 2, 'Energy meters and their gateway.'),
    zone(5, 'Remote maintenance', 3, ''),
  ];
  const conduit = (number: number, name: string, from: number, to: number, rest: Partial<ConduitBody> = {}): Conduit => ({
    ...traced(), id: id('d', number), name, from_zone_id: id('c', from), to_zone_id: id('c', to), direction: 'forward', protocols: ['HTTPS, port 443'], target_level: 2, note: '', ...rest,
  });
  let conduits: Conduit[] = organisation === undefined ? [] : [
    conduit(1, 'Orders to the gate', 1, 2),
    conduit(2, 'Readings', 4, 1, { direction: 'forward', protocols: ['MQTT over TLS, port 8883', 'HTTPS, port 443'] }),
    conduit(3, 'Work orders', 2, 3, { direction: 'both', protocols: ['OPC UA, port 4840'] }),
    conduit(4, 'Crane maker', 5, 3, { target_level: 1, protocols: [] }),
  ];
  const asset = (number: number, name: string, family: string, kind: string | null, rest: Partial<Asset> = {}): Asset => ({
    ...traced(), id: id('e', number), name, class: family, kind, owner: '', site_id: null, criticality: 2, make: '', model: '', version: '', serial: '', address: '', zone_id: null, note: '',
    origin: 'people', gateway_id: null, told: [], gone_at: null, ...rest,
  });
  const first = (family: string, at = 0) => taxonomies.assets.items.find((one) => one.id === family)?.entries[at]?.id ?? null;
  const brought: Partial<Asset> = { origin: 'gateway', gateway_id: id('3', 1), told: ['name', 'make', 'model', 'version', 'serial', 'address'], zone_id: id('c', 4), owner: 'Electricity team' };
  let assets: Asset[] = organisation === undefined ? [] : [
    asset(1, 'Crane 1 control', 'OTE', 'ote.plc', { criticality: 4, owner: 'Chloé Marchand', make: 'Grues du Ponant', model: 'Vigie-200', version: '2.1', serial: 'V2-0417', address: '10.20.3.11', zone_id: id('c', 3), site_id: id('2', 2) }),
    asset(2, 'Crane 2 control', 'OTE', 'ote.plc', { criticality: 4, owner: 'Chloé Marchand', make: 'Grues du Ponant', model: 'Vigie-200', zone_id: id('c', 3), site_id: id('2', 2) }),
    asset(3, 'Gate barrier controller', 'OTE', first('OTE'), { criticality: 3, make: 'Phare', model: 'Portail 4', version: '1.9', zone_id: id('c', 2) }),
    asset(4, 'Order system', 'IT', first('IT'), { criticality: 4, owner: 'Atelier Ferrand & Fils', make: 'Estuaire Logiciels', model: 'Commande', version: '2026.2', zone_id: id('c', 1) }),
    asset(5, 'Backup disk', 'IT', first('IT', 1), { criticality: 3 }),
    asset(6, 'Conflict: whoever saves this finds that somebody else has', 'IT', null, { owner: 'Bruno Gauthier' }),
    asset(7, 'Digiware I-35 quay', 'OTE', first('OTE', 1), { ...brought, make: 'Socomec', model: 'DIRIS Digiware I-35', version: '1.8.2', serial: '4217880', address: 'unit 3' }),
    asset(8, 'Countis E34 reefers', 'OTE', first('OTE', 1), { ...brought, make: 'Socomec', model: 'COUNTIS E34', gone_at: new Date(Date.now() - 9 * 86_400_000).toISOString() }),
  ];

  const summary = (number: number, rest: Partial<AdvisorySummary>): AdvisorySummary => ({
    id: id('f', number), tracking_id: `GP-2026-0${number}`, version: '2', title: '', publisher: 'Grues du Ponant', tlp: 'green', score: 8.8, severity: 'high', severity_words: 'High', cves: [],
    released_at: '2026-11-02T09:00:00Z', added_at: '2026-11-03T09:00:00Z', added_by: 'Dora Nilsson', ...rest,
  });
  const whole = (one: AdvisorySummary, cve: string, title: string, products: string[]): Advisory => ({ ...one, cves: [cve], status: 'final', first_released_at: '2026-10-20T08:00:00Z', vulnerabilities: [{ cve, title, score: one.score, severity: one.severity }], products });
  let library: Advisory[] = organisation === undefined ? [] : [
    whole(summary(1, { title: 'Vigie: anybody may stop the crane', score: 9.1, severity: 'critical' }), 'CVE-2026-0001', 'No sign-in', ['Grues du Ponant Vigie-200 >=2.0 <2.4', 'Grues du Ponant Vigie-200 2.4']),
    whole(summary(2, { tracking_id: 'PH-17', publisher: 'Phare', title: 'Portail 4: password in clear text', score: 5.9, severity: 'medium', tlp: 'clear', released_at: '2026-09-14T09:00:00Z' }), 'CVE-2026-0044', 'Password in clear text', ['Phare Portail 4']),
    whole(summary(3, { tracking_id: 'EL-9', publisher: 'Estuaire Logiciels', title: 'Commande: injection in the search', score: null, severity: null, severity_words: null, tlp: null, version: '1.0.0' }), 'CVE-2026-0107', 'Injection in the search', ['Estuaire Logiciels Commande 2026.2']),
  ];
  const bearing = (rest: Partial<Bearing>): Bearing => ({ cve: 'CVE-2026-0001', title: 'No sign-in', score: 9.1, severity: 'critical', state: 'affected', why: 'in_range', product: 'Grues du Ponant Vigie-200 >=2.0 <2.4', remediations: [], ...rest });
  const fix = { category: 'vendor_fix', details: 'Install version 2.4, then change every password of the crane.', url: 'https://grues.example/advisories/gp-2026-01' };
  const found: [number, number, Bearing][] = [
    [1, 1, bearing({ remediations: [fix, { category: 'mitigation', details: 'Until then, let only the control room reach port 502.', url: null }] })],
    [1, 2, bearing({ state: 'possibly', why: 'version_unknown', remediations: [fix] })],
    [2, 3, bearing({ cve: 'CVE-2026-0044', title: 'Password in clear text', score: 5.9, severity: 'medium', state: 'under_investigation', why: 'version_unsaid', product: 'Phare Portail 4' })],
    [3, 4, bearing({ cve: 'CVE-2026-0107', title: 'Injection in the search', score: null, severity: null, state: 'fixed', why: 'same_version', product: 'Estuaire Logiciels Commande 2026.2' })],
  ];
  function matches(): AdvisoryMatch[] {
    return library.flatMap((advisory, at) => {
      const borne = found.flatMap(([of, number, finding]): AdvisoryAsset[] => {
        const one = of === at + 1 ? assets.find((known) => known.id === id('e', number)) : undefined;
        return one ? [{ asset_id: one.id, name: one.name, criticality: one.criticality, state: finding.state, findings: [finding] }] : [];
      });
      const { status: _status, first_released_at: _first, vulnerabilities: _all, products: _products, ...short } = advisory;
      return borne[0] ? [{ advisory: short, state: borne[0].state, assets: borne }] : [];
    });
  }

  function at<T extends { id: string }>(items: readonly T[], wanted: string | undefined): T {
    const one = items.find((item) => item.id === wanted);
    if (!one) throw new Fault(404, 'not_found');
    return one;
  }
  /** Keeps a change, unless somebody else was quicker. */
  function kept<T extends { id: string; name: string; revision: number; changed_by: string }>(one: T, given: { name: string; revision: number }): T {
    if (!given.name.trim()) throw new Fault(422, 'invalid', [{ field: 'name', message_code: 'required', message: 'give a name' }]);
    if (one.name.startsWith('Conflict') && one.revision === 1) Object.assign(one, { revision: 2, owner: 'Dora Nilsson', criticality: 3, changed_by: 'Dora Nilsson' });
    if (given.revision !== one.revision) throw new Fault(409, 'changed_meanwhile');
    return Object.assign(one, given, { revision: one.revision + 1, changed_at: now(), changed_by: user() });
  }
  const made = <T>(given: object): T => ({ ...traced(), ...given, id: randomUUID(), revision: 1, changed_by: user() }) as T;

  function imported(text: string, dry: boolean) {
    const lines = text.replace(/^\ufeff/, '').split(/\r?\n/).filter(Boolean).map((line) => line.split(/[,;]/).map((cell) => cell.trim()));
    const [head = [], ...body] = lines;
    const keys = head.map((cell) => cell.toLowerCase());
    if (!keys.includes('name') && !keys.includes('nom')) throw new Fault(422, 'heading_not_valid');
    const cell = (row: string[], ...names: string[]) => row[keys.findIndex((key) => names.includes(key))] ?? '';
    const rows = body.map((row, index): AssetRow => {
      const name = cell(row, 'name', 'nom');
      const family = cell(row, 'class', 'classe').toUpperCase();
      const known = assets.find((one) => one.name === name);
      const faults: AssetRow['faults'] = [];
      const fault = (field: AssetField, code: string) => faults.push({ field, code, message: code });
      if (name === '') fault('name', 'required');
      if (!known && !taxonomies.assets.items.some((one) => one.id === family)) fault('class', family === '' ? 'required' : 'not_found');
      const owner = cell(row, 'owner', 'responsable');
      const changes = known && owner !== '' && owner !== known.owner;
      const state = faults.length > 0 ? 'refused' : !known ? 'new' : changes ? 'changed' : 'unchanged';
      if (!dry && state === 'new') assets = [...assets, made<Asset>({ ...asset(0, name, family, null), owner, make: cell(row, 'make', 'fabricant'), model: cell(row, 'model', 'modèle'), version: cell(row, 'version') })];
      if (!dry && changes) Object.assign(known, { owner, revision: known.revision + 1 });
      return { line: index + 2, name, state, asset_id: known?.id ?? null, changed: state === 'changed' ? ['owner'] : [], faults };
    });
    const count = (state: string) => rows.filter((row) => row.state === state).length;
    const meant = ['name', 'nom', 'class', 'classe', 'owner', 'responsable', 'make', 'fabricant', 'model', 'modèle', 'version'];
    return { dry_run: dry, added: count('new'), changed: count('changed'), unchanged: count('unchanged'), refused: count('refused'), unknown_columns: head.filter((one) => !meant.includes(one.toLowerCase())), rows };
  }

  function segmentation(): Segmentation {
    const there = assets.filter(({ gone_at }) => gone_at === null);
    const counts = zones.map(({ id: zone_id }) => ({ zone_id, assets: there.filter((one) => one.zone_id === zone_id).length }));
    return {
      zones: counts,
      remarks: [
        ...counts.filter((one) => one.assets === 0).map(({ zone_id }) => ({ kind: 'zone_empty' as const, on: zone_id })),
        ...conduits.filter(({ protocols }) => protocols.length === 0).map((one) => ({ kind: 'protocols_unsaid' as const, on: one.id })),
        ...conduits.filter((one) => one.target_level < Math.min(at(zones, one.from_zone_id).target_level, at(zones, one.to_zone_id).target_level)).map((one) => ({ kind: 'conduit_below_zones' as const, on: one.id })),
      ],
      without_zone: there.filter(({ zone_id }) => zone_id === null).sort((a, b) => b.criticality - a.criticality).map(({ id: one, name, criticality }) => ({ id: one, name, criticality })),
    };
  }
  const own = <T>(items: T[], params: string[]): T[] => (params[0] === organisation ? items : []);
  const body = <T>(given: unknown) => given as T;
  const drop = (wanted: string | undefined) => <T extends { id: string }>(items: T[]): T[] => items.filter((one) => one !== at(items, wanted));

  return [
    ['GET', /^\/organisations\/([^/]+)\/assets$/, ({ params }) => list(own(assets, params))],
    ['POST', /^\/organisations\/([^/]+)\/assets$/, ({ body: given }) => {
      const one = made<Asset>({ ...asset(0, '', '', null), ...body<AssetBody>(given) });
      assets = [...assets, one];
      return one;
    }],
    ['POST', /^\/organisations\/([^/]+)\/assets\/import$/, ({ body: given, query }) => imported(given.text ?? '', query.get('dry_run') === 'true')],
    ['GET', /^\/organisations\/([^/]+)\/assets\/table$/, () => assets.map(({ name, class: family }) => ({ name, class: family }))],
    ['PUT', /^\/assets\/([^/]+)$/, ({ params, body: given }) => kept(at(assets, params[0]), body<AssetBody>(given))],
    ['DELETE', /^\/assets\/([^/]+)$/, ({ params }) => {
      const one = at(assets, params[0]);
      if (one.gateway_id !== null && one.gone_at === null) throw new Fault(409, 'still_there');
      assets = drop(params[0])(assets);
      return null;
    }],
    ['GET', /^\/organisations\/([^/]+)\/zones$/, ({ params }) => list(own(zones, params))],
    ['POST', /^\/organisations\/([^/]+)\/zones$/, ({ body: given }) => {
      const one = made<Zone>(body<ZoneBody>(given));
      zones = [...zones, one];
      return one;
    }],
    ['PUT', /^\/zones\/([^/]+)$/, ({ params, body: given }) => kept(at(zones, params[0]), body<ZoneBody>(given))],
    ['DELETE', /^\/zones\/([^/]+)$/, ({ params }) => {
      if (conduits.some((one) => one.from_zone_id === params[0] || one.to_zone_id === params[0])) throw new Fault(409, 'not_empty');
      zones = drop(params[0])(zones);
      for (const one of assets) if (one.zone_id === params[0]) one.zone_id = null;
      return null;
    }],
    ['GET', /^\/organisations\/([^/]+)\/conduits$/, ({ params }) => list(own(conduits, params))],
    ['POST', /^\/organisations\/([^/]+)\/conduits$/, ({ body: given }) => {
      const one = made<Conduit>(body<ConduitBody>(given));
      conduits = [...conduits, one];
      return one;
    }],
    ['PUT', /^\/conduits\/([^/]+)$/, ({ params, body: given }) => kept(at(conduits, params[0]), body<ConduitBody>(given))],
    ['DELETE', /^\/conduits\/([^/]+)$/, ({ params }) => {
      conduits = drop(params[0])(conduits);
      return null;
    }],
    ['GET', /^\/organisations\/([^/]+)\/segmentation$/, ({ params }) => (params[0] === organisation ? segmentation() : { zones: [], remarks: [], without_zone: [] })],
    ['GET', /^\/organisations\/([^/]+)\/advisories$/, ({ params }) => list(own(matches(), params))],
    ['GET', /^\/advisories$/, () => list(library)],
    ['POST', /^\/advisories$/, ({ body: given }) => {
      const document = (given as unknown as { document?: { title?: string; publisher?: { name?: string }; tracking?: { id?: string; version?: string }; distribution?: { tlp?: { label?: string } } } }).document;
      if (!document?.tracking?.id) throw new Fault(422, 'advisory_unreadable');
      if (document.distribution?.tlp?.label === 'RED') throw new Fault(422, 'advisory_not_shareable');
      const one = whole(summary(9, { id: randomUUID(), title: document.title ?? '', publisher: document.publisher?.name ?? '', tracking_id: document.tracking.id, version: document.tracking.version ?? '1', added_at: now(), added_by: user() }), 'CVE-2026-0200', document.title ?? '', []);
      library = [...library, one];
      return one;
    }],
    ['GET', /^\/advisories\/([^/]+)$/, ({ params }) => at(library, params[0])],
    ['DELETE', /^\/advisories\/([^/]+)$/, ({ params }) => {
      library = drop(params[0])(library);
      return null;
    }],
  ];
}
