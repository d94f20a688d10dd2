//! For an authority: the measures by the points of NIS 2, the risks that are accepted, the duties to report.

use super::super::risks::RiskView;
use super::super::standing::{MeasureView, StandingView};
use super::management::{column, numbers, plain};
use super::mark;
use super::speaker::Speaker;
use haubert_report::{Block, Cell, State};
use haubert_risk::content::{ClockStep, Content, RegulatoryClock};
use haubert_risk::register::Way;
use haubert_risk::{Nis2, Profile};
use jiff::civil::Date;

/// Points of article 21(2) of directive (EU) 2022/2555, in short.
const POINTS: [(char, &str, &str); 10] = [
    (
        'a',
        "Policies on risk analysis and on the security of information systems",
        "Politiques d’analyse des risques et de sécurité des systèmes d’information",
    ),
    ('b', "Handling of incidents", "Gestion des incidents"),
    ('c', "Continuity: backups, recovery, crisis management", "Continuité : sauvegardes, reprise, gestion de crise"),
    ('d', "Security of the supply chain", "Sécurité de la chaîne d’approvisionnement"),
    (
        'e',
        "Security in buying, developing and maintaining systems; handling of vulnerabilities",
        "Sécurité de l’achat, du développement et de la maintenance ; traitement des vulnérabilités",
    ),
    ('f', "Ways to judge whether the measures work", "Moyens de juger si les mesures sont efficaces"),
    ('g', "Basic hygiene and training", "Hygiène de base et formation"),
    ('h', "Cryptography and encryption", "Cryptographie et chiffrement"),
    ('i', "Staff, access rights and assets", "Personnel, droits d’accès et actifs"),
    (
        'j',
        "Multi-factor authentication, secured and emergency communications",
        "Authentification à plusieurs facteurs, communications sécurisées et d’urgence",
    ),
];

/// Of what applies, from 0 to 100; what is not known counts as nothing.
fn mean(measures: &[&MeasureView], value: impl Fn(&MeasureView) -> Option<f64>) -> Option<f64> {
    let count = u32::try_from(measures.len()).ok().filter(|count| *count > 0)?;
    Some(100.0 * measures.iter().filter_map(|measure| value(measure)).sum::<f64>() / f64::from(count))
}

fn figure(say: &Speaker, value: Option<f64>) -> Cell {
    plain(value.map_or("–".to_owned(), |value| say.number(value, 0)))
}

fn points(say: &Speaker, content: &Content, standing: &StandingView, blocks: &mut Vec<Block>) {
    let meets = |measure: &MeasureView, point: char| {
        let named = format!("2({point})");
        content.references.get(&measure.id).is_some_and(|references| references.nis2_art_21.contains(&named))
    };
    let of = |point: char| -> Vec<&MeasureView> {
        standing.measures.iter().filter(|measure| measure.is_applicable && meets(measure, point)).collect()
    };
    let title = |(point, en, fr): (char, &str, &str)| format!("({point}) {}", say.t(en, fr));
    let heads = || (numbers(say.t("Declared", "Déclaré")), numbers(say.t("Proven", "Prouvé")));
    let row = |&(point, en, fr): &(char, &str, &str)| {
        let measures = of(point);
        vec![
            plain(title((point, en, fr))),
            plain(measures.len().to_string()),
            figure(say, mean(&measures, |measure| measure.declared)),
            figure(say, mean(&measures, |measure| measure.proven)),
        ]
    };
    let (declared, proven) = heads();
    blocks.push(Block::Table {
        title: say.t("Point by point", "Point par point"),
        columns: vec![column(say.t("Point", "Point")), numbers(say.t("Measures", "Mesures")), declared, proven],
        rows: POINTS.iter().map(row).collect(),
        empty: String::new(),
    });
    let measure_row = |measure: &&MeasureView| {
        let contradicted = if measure.contradicted {
            say.t(" – contradicted by a gateway", " – contredite par une passerelle")
        } else {
            String::new()
        };
        let name = format!("{} {}{contradicted}", measure.id, say.say(&measure.name));
        vec![
            Cell { text: name, state: measure.ring.map(mark) },
            figure(say, measure.declared.map(|value| 100.0 * value)),
            figure(say, measure.proven.map(|value| 100.0 * value)),
        ]
    };
    for point in POINTS {
        let (declared, proven) = heads();
        blocks.push(Block::Table {
            title: title(point),
            columns: vec![column(say.t("Measure", "Mesure")), declared, proven],
            rows: of(point.0).iter().map(measure_row).collect(),
            empty: say.t("No measure meets this point.", "Aucune mesure ne rejoint ce point."),
        });
    }
}

fn accepted(say: &Speaker, register: &[RiskView], today: Date) -> Block {
    let mut borne: Vec<&RiskView> =
        register.iter().filter(|risk| risk.is_open() && risk.body.treatment.way == Way::Accept).collect();
    borne.sort_by_key(|risk| risk.body.treatment.accepted_until);
    let row = |risk: &&RiskView| {
        let treatment = &risk.body.treatment;
        let title = [risk.body.title.as_str(), &treatment.words].into_iter().filter(|text| !text.is_empty());
        let by = if treatment.accepted_by.is_empty() { "–" } else { &treatment.accepted_by };
        let until = match treatment.accepted_until {
            None => plain("–"),
            Some(day) if day < today => {
                let text = format!("{} ({})", say.day(day), say.t("over", "échu"));
                Cell { text, state: Some(State::Fails) }
            }
            Some(day) => plain(say.day(day)),
        };
        vec![plain(title.collect::<Vec<_>>().join(" – ")), plain(say.level(risk.current_level)), plain(by), until]
    };
    Block::Table {
        title: String::new(),
        columns: vec![
            column(say.t("Risk", "Risque")),
            column(say.t("Today", "Actuel")),
            column(say.t("By", "Par")),
            column(say.t("Until", "Jusqu’au")),
        ],
        rows: borne.iter().map(row).collect(),
        empty: say.t("No risk is accepted.", "Aucun risque n’est accepté."),
    }
}

fn delay(say: &Speaker, clock: &RegulatoryClock, step: &ClockStep) -> String {
    let count = |n: u32, one: (&str, &str), many: (&str, &str)| {
        let (en, fr) = if n == 1 { one } else { many };
        format!("{n} {}", say.t(en, fr))
    };
    let long = match (step.hours, step.days, step.months) {
        (Some(n), ..) => count(n, ("hour", "heure"), ("hours", "heures")),
        (_, Some(n), _) => count(n, ("day", "jour"), ("days", "jours")),
        (.., Some(n)) => count(n, ("month", "mois"), ("months", "mois")),
        _ => return format!("{}, {}", say.say(&step.title), say.t("on request, or without delay", "sur demande, ou sans délai")),
    };
    let before = clock.steps.iter().find(|other| other.id == step.anchor);
    let after = match (before, step.anchor.as_str()) {
        (Some(before), _) => say.fill("after “{step}”", "après « {step} »", &[("step", say.say(&before.title))]),
        (None, "awareness") => say.t("from knowing of it", "à partir de la connaissance du fait"),
        (None, "fix") => say.t("from the day on which a fix is there", "à partir du jour où un correctif existe"),
        (None, "end-of-handling") => say.t("from the end of handling it", "à partir de la fin du traitement"),
        (None, _) => String::new(),
    };
    let colon = say.t(": ", " : ");
    format!("{}{colon}{long} {after}", say.say(&step.title)).trim_end().to_owned()
}

fn clocks(say: &Speaker, content: &Content, kept: &[&str]) -> Block {
    let row = |clock: &RegulatoryClock| {
        let starting = content.scenarios.iter().filter(|scenario| kept.contains(&scenario.id.as_str()));
        let starting: Vec<&str> =
            starting.filter(|scenario| scenario.clocks.contains(&clock.id)).map(|scenario| say.say(&scenario.title)).collect();
        let delays: Vec<String> = clock.steps.iter().map(|step| delay(say, clock, step)).collect();
        let none = say.t("none of those kept", "aucun de ceux qui sont retenus");
        vec![
            plain(say.say(&clock.title)),
            plain(format!("{}. {}", delays.join("; "), say.say(&clock.authority))),
            plain(if starting.is_empty() { none } else { starting.join("; ") }),
        ]
    };
    Block::Table {
        title: String::new(),
        columns: vec![
            column(say.t("Duty", "Obligation")),
            column(say.t("Delays, and to whom", "Délais, et à qui")),
            column(say.t("Feared scenarios that may start it", "Scénarios redoutés qui peuvent la déclencher")),
        ],
        rows: content.clocks.iter().map(row).collect(),
        empty: String::new(),
    }
}

/// The report. `kept` are the scenarios that the organisation fears.
pub(super) fn blocks(
    say: &Speaker,
    content: &Content,
    standing: &StandingView,
    profile: &Profile,
    register: &[RiskView],
    kept: &[&str],
    today: Date,
) -> Vec<Block> {
    let status = match profile.nis2 {
        Nis2::None => say.t("does not concern us, or not known", "ne nous concerne pas, ou on ne sait pas"),
        Nis2::Important => say.t("important entity", "entité importante"),
        Nis2::Essential => say.t("essential entity", "entité essentielle"),
    };
    let mut blocks = vec![
        Block::Heading {
            text: say.t(
                "Measures by the points of article 21(2) of directive (EU) 2022/2555 (NIS 2)",
                "Mesures par point de l’article 21, paragraphe 2, de la directive (UE) 2022/2555 (NIS 2)",
            ),
        },
        Block::Text {
            text: say.fill(
                "The measures are Haubert’s own. Where one meets a point of the article, this is no proof of conformity: the directive asks for what is appropriate and proportionate. Figures are means of the measures, from 0 to 100; what is not known counts as 0. Under NIS 2, as the company says: {status}.",
                "Les mesures sont propres à Haubert. Qu’une mesure rejoigne un point de l’article ne prouve pas la conformité : la directive demande ce qui est approprié et proportionné. Les chiffres sont des moyennes des mesures, de 0 à 100 ; ce qui n’est pas connu compte pour 0. Au titre de NIS 2, selon l’entreprise : {status}.",
                &[("status", &status)],
            ),
        },
    ];
    points(say, content, standing, &mut blocks);
    blocks.push(Block::Heading {
        text: say.t("Risks accepted, by whom and until when", "Risques acceptés, par qui et jusqu’à quand"),
    });
    blocks.push(accepted(say, register, today));
    blocks.push(Block::Heading {
        text: say.t("Duties to report, and their clocks", "Obligations de signalement et leurs délais"),
    });
    blocks.push(clocks(say, content, kept));
    blocks
}
