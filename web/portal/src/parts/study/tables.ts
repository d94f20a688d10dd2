// What each workshop says as tables: for paper, and for a spreadsheet.
import { formatNumber } from '@haubert/ui';
import type { RatedScenario } from '../../api/standing-types';
import type { Study, StudyView } from '../../api/study-types';
import { t } from '../../i18n';
import type { Workshop } from '../../state/study';
import type { Numbered } from '../../state/register';
import { scenarioText } from '../register/words';
import { chainOf, sourceText, type Sources } from './words';

export interface StudyTable {
  title: string;
  head: string[];
  rows: string[][];
}
export interface Around {
  sources: Sources;
  rated: readonly RatedScenario[];
  risks: readonly Numbered[];
}

export function tablesOf(workshop: Workshop, study: Study, view: StudyView | null, { sources, rated, risks }: Around): StudyTable[] {
  const valueName = (id: string) => study.values.find((one) => one.id === id)?.name ?? '';
  const scenarioView = (id: string) => view?.scenarios.find(({ strategic }) => strategic === id);
  const levelText = (id: string) => {
    const level = scenarioView(id)?.level;
    return level ? t(`level.${level}`) : '';
  };
  const strategicName = (id: string) => study.strategic.find((one) => one.id === id)?.name ?? '';
  if (workshop === 1)
    return [
      { title: t('study.values'), head: [t('study.value_name'), t('study.value_owner'), t('study.value_rests')], rows: study.values.map(({ name, owner, rests_on }) => [name, owner, rests_on]) },
      { title: t('study.events'), head: [t('study.event_name'), t('study.event_value'), t('study.event_impacts'), t('study.event_gravity')], rows: study.events.map(({ name, value, impacts, gravity }) => [name, valueName(value), impacts, `G${gravity}`]) },
    ];
  if (workshop === 2)
    return [
      {
        title: t('study.pairs'),
        head: [t('study.source'), t('study.objective'), t('study.motivation'), t('study.resources'), t('study.pertinence'), t('study.is_kept')],
        rows: study.pairs.map((pair) => [sourceText(pair.source, sources), pair.objective, String(pair.motivation), String(pair.resources), String(view?.pairs.find((one) => one.pair === pair.id)?.pertinence ?? ''), t(pair.is_kept ? 'study.kept' : 'study.not_kept')]),
      },
    ];
  if (workshop === 3)
    return [
      {
        title: t('study.parties'),
        head: [t('study.party_name'), t('study.party_role'), t('study.dependency'), t('study.penetration'), t('study.maturity'), t('study.trust'), t('study.criticality'), t('study.zone')],
        rows: study.parties.map(({ id, name, role, exposure }) => {
          const found = view?.parties.find(({ party }) => party === id);
          return [name, role, String(exposure.dependency), String(exposure.penetration), String(exposure.maturity), String(exposure.trust), found ? formatNumber(found.criticality, 2) : '', found ? t(`zone.${found.zone}`) : ''];
        }),
      },
      { title: t('study.strategic'), head: [t('study.scenario_name'), t('study.scenario_through')], rows: study.strategic.map((one) => [one.name, chainOf(one, study, sources).join(' → ')]) },
    ];
  if (workshop === 4)
    return [
      {
        title: t('study.operational'),
        head: [t('study.scenario'), t('study.feared'), t('study.words'), t('study.event_gravity'), t('study.likelihood'), t('study.level')],
        rows: study.operational.map((one) => [strategicName(one.strategic), scenarioText(one.scenario, rated), one.words, `G${scenarioView(one.strategic)?.gravity ?? ''}`, `V${one.likelihood}`, levelText(one.strategic)]),
      },
    ];
  return [
    {
      title: t('study.treatment'),
      head: [t('study.scenario'), t('study.level'), t('study.risk'), t('register.way'), t('study.risk_today')],
      rows: study.operational.map((one) => {
        const risk = risks.find(({ id }) => id === one.risk);
        return [strategicName(one.strategic), levelText(one.strategic), risk ? `${risk.number}. ${risk.title}` : t('study.risk_none'), risk ? t(`way.${risk.treatment.way}`) : '', risk ? t(`level.${risk.current_level}`) : ''];
      }),
    },
  ];
}
