// Four pictures to start from, after the reference architectures of the technical note (local, cloud, wireless, LoRaWAN) and what it
// recommends for each: a network of its own for measuring, nothing on that is not used, own passwords, remote access by VPN alone,
// known addresses, encrypted sending.
import type { DataPath, EntryPoint, Place, PlaceKind, Way } from '../../api/standing-types';
import { t } from '../../i18n';

export const TEMPLATES = ['local', 'cloud', 'wireless', 'lorawan'] as const;
export type Template = (typeof TEMPLATES)[number];

type EntryWord = 'terminals' | 'settings' | 'bus' | 'socket' | 'usb' | 'pages' | 'protocols' | 'remote' | 'outgoing' | 'modem' | 'accounts' | 'interface' | 'operator' | 'radio' | 'joining';
type WayIn = readonly [word: EntryWord, way: Way, exposure: number, measures: readonly string[]];
type PlaceWord = 'meters' | 'measuring_network' | 'gateway' | 'screen' | 'internet' | 'mobile' | 'platform' | 'applications' | 'radio_sensors' | 'radio_network' | 'radio_gateway' | 'uplink';
type Sketch = readonly [word: PlaceWord, kind: PlaceKind, sensitivity: readonly [number, number, number, number], ways: readonly WayIn[]];

const METERS: Sketch = ['meters', 'device', [1, 3, 2, 1], [['terminals', 'physical', 2, ['ORG-13']], ['settings', 'physical', 2, ['TEC-05', 'TEC-09']]]];
const MEASURING: Sketch = ['measuring_network', 'network', [1, 3, 2, 1], [['bus', 'wired', 2, ['ORG-13', 'TEC-01']], ['socket', 'wired', 2, ['TEC-01', 'POL-11']]]];
const PAGES: WayIn = ['pages', 'wired', 3, ['GAT-01', 'GAT-02', 'GAT-03', 'GAT-04', 'GAT-08']];
const USB: WayIn = ['usb', 'physical', 2, ['ORG-13', 'GAT-05']];
const PROTOCOLS: WayIn = ['protocols', 'wired', 3, ['TEC-01', 'GAT-06', 'GAT-07', 'GAT-10']];
const OUTGOING: WayIn = ['outgoing', 'wired', 4, ['GAT-09', 'TEC-02']];
const GATEWAY: Sketch = ['gateway', 'edge', [2, 3, 2, 2], [USB, PAGES, PROTOCOLS]];
const PLATFORM: Sketch = ['platform', 'cloud', [3, 3, 2, 2], [['interface', 'wired', 4, ['TEC-12', 'TEC-13']], ['operator', 'wired', 4, ['TEC-11', 'ORG-07']]]];
const APPLICATIONS: Sketch = ['applications', 'application', [3, 3, 2, 2], [['accounts', 'wired', 4, ['TEC-05', 'TEC-06', 'ORG-12']]]];

const SKETCHES: Readonly<Record<Template, readonly Sketch[]>> = {
  local: [METERS, MEASURING, GATEWAY, ['screen', 'application', [2, 3, 2, 2], [['accounts', 'wired', 2, ['TEC-05', 'ORG-12']]]]],
  cloud: [METERS, MEASURING, GATEWAY, ['internet', 'wan', [2, 3, 2, 2], [['remote', 'wired', 4, ['TEC-03', 'TEC-02']], OUTGOING]], PLATFORM, APPLICATIONS],
  wireless: [METERS, MEASURING, GATEWAY, ['mobile', 'wan', [2, 3, 2, 2], [['modem', 'wireless', 3, ['TEC-03', 'TEC-04', 'ORG-13']], OUTGOING]], PLATFORM, APPLICATIONS],
  lorawan: [
    ['radio_sensors', 'device', [1, 2, 2, 1], [['settings', 'wireless', 3, ['TEC-04', 'TEC-09']], ['joining', 'wireless', 3, ['TEC-04', 'TEC-13']]]],
    ['radio_network', 'network', [1, 2, 2, 1], [['radio', 'wireless', 3, ['TEC-04', 'TEC-13']]]],
    ['radio_gateway', 'edge', [2, 3, 2, 2], [USB, PAGES]],
    ['uplink', 'wan', [2, 3, 2, 2], [OUTGOING, ['remote', 'wired', 4, ['TEC-03', 'TEC-02']]]],
    PLATFORM,
    APPLICATIONS,
  ],
};

const entry = ([word, way, exposure, measures]: WayIn): EntryPoint => ({ id: word, name: t(`template.entry.${word}`), way, exposure, measures: [...measures] });

/** A picture in the reader's language, a row of places. */
export function pictureFrom(template: Template): DataPath {
  const sketches = SKETCHES[template];
  const places = sketches.map(([word, kind, [confidentiality, integrity, availability, traceability], ways], at): Place => {
    const next = sketches[at + 1]?.[0];
    return {
      id: word,
      name: t(`template.${word}`),
      kind,
      sensitivity: { confidentiality, integrity, availability, traceability },
      entries: ways.map(entry),
      next: next ? [next] : [],
    };
  });
  return { places };
}
