// What each workshop says as tables: for paper, and to be taken along.
import { tableOf, type ExportTable } from '@haubert/ui';
import type { RatedScenario } from '../../api/standing-types';
import type { Study, StudyView } from '../../api/study-types';
import { t } from '../../i18n';
import type { Workshop } from '../../state/study';
import type { Numbered } from '../../state/register';
import { scenarioText } from '../register/words';
import { chainOf, sourceText, type Sources } from './words';

export interface Around {
  sources: Sources;
  rated: readonly RatedScenario[];
  risks: readonly Numbered[];
}

export function tablesOf(workshop: Workshop, study: Study, view: StudyView | null, { sources, rated, risks }: Around): ExportTable[] {
  const valueName = (id: string) => study.values.find((one) => one.id === id)?.name ?? '';
  const scenarioView = (id: string) => view?.scenarios.find(({ strategic }) => strategic === id);
  const levelOf = (id: string) => scenarioView(id)?.level ?? null;
  const levelText = (id: string) => {
    const level = levelOf(id);
    return level ? t(`level.${level}`) : '';
  };
  const strategicName = (id: string) => study.strategic.find((one) => one.id === id)?.name ?? '';
  if (workshop === 1)
    return [
      tableOf('values', t('study.values'), [
        { key: 'name', title: t('study.value_name'), value: ({ name }) => name },
        { key: 'owner', title: t('study.value_owner'), value: ({ owner }) => owner },
        { key: 'rests_on', title: t('study.value_rests'), value: ({ rests_on }) => rests_on },
      ], study.values),
      tableOf('events', t('study.events'), [
        { key: 'name', title: t('study.event_name'), value: ({ name }) => name },
        { key: 'value', title: t('study.event_value'), value: ({ value }) => valueName(value) },
        { key: 'impacts', title: t('study.event_impacts'), value: ({ impacts }) => impacts },
        { key: 'gravity', title: t('study.event_gravity'), value: ({ gravity }) => gravity, text: ({ gravity }) => `G${gravity}` },
      ], study.events),
    ];
  if (workshop === 2)
    return [
      tableOf('pairs', t('study.pairs'), [
        { key: 'source', title: t('study.source'), value: ({ source }) => source, text: ({ source }) => sourceText(source, sources) },
        { key: 'objective', title: t('study.objective'), value: ({ objective }) => objective },
        { key: 'motivation', title: t('study.motivation'), value: ({ motivation }) => motivation },
        { key: 'resources', title: t('study.resources'), value: ({ resources }) => resources },
        { key: 'pertinence', title: t('study.pertinence'), value: ({ id }) => view?.pairs.find(({ pair }) => pair === id)?.pertinence },
        { key: 'is_kept', title: t('study.is_kept'), value: ({ is_kept }) => is_kept, text: ({ is_kept }) => t(is_kept ? 'study.kept' : 'study.not_kept') },
      ], study.pairs),
    ];
  if (workshop === 3) {
    const found = (id: string) => view?.parties.find(({ party }) => party === id);
    const zoneText = (id: string) => {
      const zone = found(id)?.zone;
      return zone ? t(`zone.${zone}`) : '';
    };
    return [
      tableOf('parties', t('study.parties'), [
        { key: 'name', title: t('study.party_name'), value: ({ name }) => name },
        { key: 'role', title: t('study.party_role'), value: ({ role }) => role },
        { key: 'dependency', title: t('study.dependency'), value: ({ exposure }) => exposure.dependency },
        { key: 'penetration', title: t('study.penetration'), value: ({ exposure }) => exposure.penetration },
        { key: 'maturity', title: t('study.maturity'), value: ({ exposure }) => exposure.maturity },
        { key: 'trust', title: t('study.trust'), value: ({ exposure }) => exposure.trust },
        { key: 'criticality', title: t('study.criticality'), value: ({ id }) => found(id)?.criticality },
        { key: 'zone', title: t('study.zone'), value: ({ id }) => found(id)?.zone, text: ({ id }) => zoneText(id) },
      ], study.parties),
      tableOf('strategic', t('study.strategic'), [
        { key: 'name', title: t('study.scenario_name'), value: ({ name }) => name },
        { key: 'through', title: t('study.scenario_through'), value: (one) => chainOf(one, study, sources), text: (one) => chainOf(one, study, sources).join(' → ') },
      ], study.strategic),
    ];
  }
  if (workshop === 4)
    return [
      tableOf('operational', t('study.operational'), [
        { key: 'strategic', title: t('study.scenario'), value: ({ strategic }) => strategicName(strategic) },
        { key: 'scenario', title: t('study.feared'), value: ({ scenario }) => scenario, text: ({ scenario }) => scenarioText(scenario, rated) },
        { key: 'words', title: t('study.words'), value: ({ words }) => words },
        { key: 'gravity', title: t('study.event_gravity'), value: ({ strategic }) => scenarioView(strategic)?.gravity, text: ({ strategic }) => `G${scenarioView(strategic)?.gravity ?? ''}` },
        { key: 'likelihood', title: t('study.likelihood'), value: ({ likelihood }) => likelihood, text: ({ likelihood }) => `V${likelihood}` },
        { key: 'level', title: t('study.level'), value: ({ strategic }) => levelOf(strategic), text: ({ strategic }) => levelText(strategic) },
      ], study.operational),
    ];
  return [
    tableOf('treatment', t('study.treatment'), [
      { key: 'strategic', title: t('study.scenario'), value: ({ one }) => strategicName(one.strategic) },
      { key: 'level', title: t('study.level'), value: ({ one }) => levelOf(one.strategic), text: ({ one }) => levelText(one.strategic) },
      { key: 'risk', title: t('study.risk'), value: ({ risk }) => risk?.number, text: ({ risk }) => (risk ? `${risk.number}. ${risk.title}` : t('study.risk_none')) },
      { key: 'way', title: t('register.way'), value: ({ risk }) => risk?.treatment.way, text: ({ risk }) => (risk ? t(`way.${risk.treatment.way}`) : '') },
      { key: 'current_level', title: t('study.risk_today'), value: ({ risk }) => risk?.current_level, text: ({ risk }) => (risk ? t(`level.${risk.current_level}`) : '') },
    ], study.operational.map((one) => ({ one, risk: risks.find(({ id }) => id === one.risk) }))),
  ];
}
