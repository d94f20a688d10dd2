//! For management, on one to two pages: the score, what is weakest, what comes next, what it costs.

use super::super::actions::{ActionState, ActionView};
use super::super::data_path::PictureView;
use super::super::risks::RiskView;
use super::super::standing::{GradeView, LabelView, StandingView};
use super::speaker::Speaker;
use crate::days;
use haubert_report::{Bar, Block, Cell, Column, Figure, State};
use haubert_risk::grid::Level;
use haubert_risk::{Score, Track};
use jiff::civil::Date;
use std::collections::BTreeMap;

fn figure(label: String, value: String) -> Figure {
    Figure { label, value, note: String::new(), least: None, most: None }
}

/// A cell of words only.
pub(super) fn plain(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), state: None }
}

pub(super) fn column(title: String) -> Column {
    Column { title, is_number: false }
}

pub(super) fn numbers(title: String) -> Column {
    Column { title, is_number: true }
}

fn track(say: &Speaker, name: String, score: Option<&Score>) -> Figure {
    let Some(score) = score else {
        return Figure { note: say.t("not audited", "pas d’audit"), ..figure(name, "–".to_owned()) };
    };
    let (known, measures) = (score.known.to_string(), score.measures.to_string());
    let values = [("known", known.as_str()), ("measures", &measures)];
    let known = say.fill("{known} of {measures} measures known", "Mesures connues : {known} sur {measures}", &values);
    Figure {
        label: name,
        value: say.number(score.total.least, 0),
        note: format!("{}. {known}", say.between(score.total.least, score.total.most)),
        least: Some(score.total.least),
        most: Some(score.total.most),
    }
}

fn scores(say: &Speaker, standing: &StandingView, blocks: &mut Vec<Block>) {
    blocks.push(Block::Heading { text: say.t("Resilience score", "Score de résilience") });
    let items = vec![
        track(say, say.t("Declared", "Déclaré"), Some(&standing.declared)),
        track(say, say.t("Evidenced", "Prouvé"), Some(&standing.evidenced)),
        track(say, say.t("Audited", "Audité"), standing.audited.as_ref()),
    ];
    blocks.push(Block::Figures { items });
    blocks.push(Block::Text {
        text: say.t(
            "What is not known counts as not done: the lower figure is reached, the higher one is possible.",
            "Ce qui n’est pas connu compte comme non fait : le chiffre bas est atteint, le chiffre haut est possible.",
        ),
    });
    let contradicted = standing.measures.iter().filter(|measure| measure.contradicted).count();
    if contradicted > 0 {
        let text = say.fill(
            "Gateways show less than is declared of this many measures: {n}.",
            "Mesures dont une passerelle montre moins que ce qui est déclaré : {n}.",
            &[("n", &contradicted.to_string())],
        );
        blocks.push(Block::Notice { state: State::Fails, text });
    }
    if standing.label.open_majors > 0 {
        let text = say.fill(
            "Open major non-conformities: {n}. Until an auditor has seen them corrected, no grade of the label that needs an audit is reached.",
            "Non-conformités majeures ouvertes : {n}. Tant qu’un auditeur n’en a pas vu la correction, aucun grade du label qui exige un audit n’est atteint.",
            &[("n", &standing.label.open_majors.to_string())],
        );
        blocks.push(Block::Notice { state: State::Fails, text });
    }
}

fn themes(say: &Speaker, standing: &StandingView, blocks: &mut Vec<Block>) {
    blocks.push(Block::Heading { text: say.t("Theme by theme, as declared", "Thème par thème, tel que déclaré") });
    let by_theme: BTreeMap<&str, _> = standing.declared.themes.iter().map(|theme| (theme.theme.as_str(), theme)).collect();
    let lowest = standing.declared.themes.iter().map(|theme| theme.index.least).fold(f64::INFINITY, f64::min);
    let bar = |theme: &super::super::standing::ThemeView| {
        let index = by_theme.get(theme.id.as_str())?.index;
        let label = say.say(&theme.name).to_owned();
        Some(Bar { label, least: index.least, most: index.most, weak: index.least <= lowest })
    };
    blocks.push(Block::Bars { items: standing.themes.iter().filter_map(bar).collect() });
}

fn weakest(say: &Speaker, picture: &PictureView) -> Block {
    let found = || {
        let id = picture.view.weakest.as_ref()?;
        let place = picture.path.places.iter().find(|place| place.id == *id)?;
        let seen = picture.view.places.iter().find(|place| place.place == *id)?;
        let entry = seen.entries.iter().max_by(|one, other| one.missing.total_cmp(&other.missing))?;
        let name = &place.entries.iter().find(|known| known.id == entry.entry)?.name;
        (entry.missing > 0.0).then(|| (place.name.as_str(), name.as_str(), say.number(entry.missing, 0), entry.ring))
    };
    match found() {
        Some((place, entry, missing, ring)) => Block::Notice {
            state: super::mark(ring),
            text: say.fill(
                "The weakest ring of the data path is “{place}”: its way in “{entry}” lacks {missing} of 16.",
                "Le maillon le plus faible du chemin des données est « {place} » : à son point d’entrée « {entry} », il manque {missing} sur 16.",
                &[("place", place), ("entry", entry), ("missing", &missing)],
            ),
        },
        None => Block::Text {
            text: say.t(
                "No weak ring is known along the data path, or the path has not been drawn.",
                "Aucun maillon faible connu sur le chemin des données, ou le chemin n’a pas été dessiné.",
            ),
        },
    }
}

fn steps(say: &Speaker, standing: &StandingView) -> Block {
    let name = |measure: &str| {
        let found = standing.measures.iter().find(|known| known.id == measure);
        format!("{} ({measure})", found.map_or("", |found| say.say(&found.name)))
    };
    let row = |step: &super::super::standing::StepView| {
        vec![
            plain(name(&step.step.measure)),
            plain(format!("+{}", say.number(step.step.points, 1))),
            plain(format!("{}, {}", say.effort(step.effort), say.cost(step.cost))),
        ]
    };
    Block::Table {
        title: String::new(),
        columns: vec![
            column(say.t("Measure", "Mesure")),
            numbers(say.t("Points won", "Points gagnés")),
            column(say.t("Effort and cost", "Effort et coût")),
        ],
        rows: standing.steps.iter().map(row).collect(),
        empty: say.t("Every measure is done.", "Toutes les mesures sont faites."),
    }
}

fn plan(say: &Speaker, actions: &[ActionView], today: Date, blocks: &mut Vec<Block>) {
    let open: Vec<_> = actions
        .iter()
        .map(|action| &action.body)
        .filter(|body| matches!(body.state, ActionState::Todo | ActionState::Doing))
        .collect();
    let done = actions.iter().filter(|action| action.body.state == ActionState::Done).count();
    let overdue = open.iter().filter(|body| days::is_over(body.due.as_deref(), today)).count();
    let to_spend: i64 = open.iter().filter_map(|body| body.cost_eur).fold(0, i64::saturating_add);
    let unpriced = open.iter().filter(|body| body.cost_eur.is_none()).count();
    let mut spend = figure(say.t("Still to be spent", "Reste à dépenser"), say.euros(to_spend));
    if unpriced > 0 {
        let n = unpriced.to_string();
        spend.note = say.fill("open actions without a cost yet: {n}", "actions ouvertes encore sans coût : {n}", &[("n", &n)]);
    }
    blocks.push(Block::Heading { text: say.t("Plan of action", "Plan d’action") });
    blocks.push(Block::Figures {
        items: vec![
            figure(say.t("Open actions", "Actions ouvertes"), open.len().to_string()),
            figure(say.t("Overdue", "En retard"), overdue.to_string()),
            figure(say.t("Done", "Faites"), done.to_string()),
            spend,
        ],
    });
}

fn risks(say: &Speaker, risks: &[RiskView], blocks: &mut Vec<Block>) {
    blocks.push(Block::Heading { text: say.t("Open risks by their level today", "Risques ouverts, par niveau actuel") });
    if risks.is_empty() {
        blocks.push(Block::Text { text: say.t("The risk register is empty.", "Le registre des risques est vide.") });
        return;
    }
    let count = |level: Level| {
        let many = risks.iter().filter(|risk| risk.is_open() && risk.current_level == level).count();
        figure(say.level(level).to_owned(), many.to_string())
    };
    blocks.push(Block::Figures { items: [Level::High, Level::Medium, Level::Low].map(count).into() });
}

fn label(say: &Speaker, standing: &StandingView, blocks: &mut Vec<Block>) {
    let LabelView { reached, grades, .. } = &standing.label;
    blocks.push(Block::Heading { text: say.t("Label “en route vers”", "Label « en route vers »") });
    let count = grades.iter().position(|grade| Some(&grade.id) == reached.as_ref()).map_or(0, |at| at + 1);
    let state = |at: usize, grade: &GradeView| match at.cmp(&count) {
        std::cmp::Ordering::Less if grade.track == Track::Declared => State::Declared,
        std::cmp::Ordering::Less => State::Holds,
        std::cmp::Ordering::Equal => State::Weak,
        std::cmp::Ordering::Greater => State::Unknown,
    };
    let said = |state: State| match state {
        State::Declared | State::Holds => say.t("reached", "atteint"),
        State::Weak => say.t("next", "prochain"),
        State::Fails | State::Unknown => say.t("later", "plus tard"),
    };
    let row = |(at, grade): (usize, &GradeView)| {
        let state = state(at, grade);
        vec![plain(say.say(&grade.title)), Cell { text: said(state), state: Some(state) }]
    };
    blocks.push(Block::Table {
        title: say.t("Grades", "Grades"),
        columns: vec![column(say.t("Grade", "Grade")), column(say.t("State", "État"))],
        rows: grades.iter().enumerate().map(row).collect(),
        empty: String::new(),
    });
    let Some(next) = grades.get(count) else { return };
    let grade = say.say(&next.title);
    let text = if next.audit && standing.audited.is_none() {
        let (en, fr) = (
            "Missing for “{grade}”: an audit by somebody from outside.",
            "Il manque pour « {grade} » : un audit par un regard extérieur.",
        );
        say.fill(en, fr, &[("grade", grade)])
    } else {
        let (en, fr) = ("Conditions not met yet for “{grade}”: {n}.", "Conditions pas encore remplies pour « {grade} » : {n}.");
        say.fill(en, fr, &[("grade", grade), ("n", &next.shortfalls.len().to_string())])
    };
    blocks.push(Block::Text { text });
}

/// The report.
pub(super) fn blocks(
    say: &Speaker,
    standing: &StandingView,
    register: &[RiskView],
    actions: &[ActionView],
    picture: &PictureView,
    today: Date,
) -> Vec<Block> {
    let mut blocks = Vec::new();
    scores(say, standing, &mut blocks);
    themes(say, standing, &mut blocks);
    blocks.push(Block::Heading { text: say.t("The weakest ring", "Le maillon le plus faible") });
    blocks.push(weakest(say, picture));
    blocks.push(Block::Heading { text: say.t("Six next steps", "Les six prochaines étapes") });
    blocks.push(steps(say, standing));
    plan(say, actions, today, &mut blocks);
    risks(say, register, &mut blocks);
    label(say, standing, &mut blocks);
    blocks
}
