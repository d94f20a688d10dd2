//! For an auditor: every measure with what the company and the auditor answered, what gateways and files show, and what was found.

use super::super::audits::ClosingView;
use super::super::evidence::EvidenceView;
use super::super::findings::FindingView;
use super::super::standing::{MeasureView, StandingView};
use super::management::{column, plain};
use super::mark;
use super::speaker::Speaker;
use crate::frameworks::short_name;
use crate::store::entity::standing::{answer, assessment};
use haubert_model::Timestamp;
use haubert_report::{Block, Cell, Figure, State};
use haubert_risk::{Conformity, FindingState, Framework, Node};

/// Signs of a file's digest that tell it from others.
const DIGEST: usize = 16;

/// The newest audit.
pub(super) struct Audited {
    pub(super) audit: assessment::Model,
    pub(super) answers: Vec<answer::Model>,
    /// Once it is closed.
    pub(super) closing: Option<ClosingView>,
}

/// What the company and the auditor have said.
pub(super) struct Found {
    pub(super) own: Vec<answer::Model>,
    pub(super) audit: Option<Audited>,
    pub(super) files: Vec<EvidenceView>,
    pub(super) findings: Vec<FindingView>,
}

/// What was answered to a measure, question after question.
fn answered(say: &Speaker, framework: &Framework, node: &Node, answers: &[answer::Model]) -> String {
    let of_node: Vec<&answer::Model> = answers.iter().filter(|answer| answer.node == node.urn).collect();
    let whole = of_node.iter().find(|answer| answer.subject == node.urn);
    if let Some(reason) = whole.and_then(|answer| answer.not_applicable.as_ref()) {
        return format!("{} – {reason}", say.t("This does not concern us", "Cela ne nous concerne pas"));
    }
    let said = |answer: &&answer::Model| -> String {
        let question = node.questions.iter().find(|question| question.urn == answer.subject);
        let texts = |chosen: &String| -> Vec<&str> {
            let choices = question.into_iter().flat_map(|question| &question.choices);
            choices
                .filter(|choice| chosen.split(' ').any(|urn| urn == choice.urn))
                .map(|choice| choice.text.get(say.code()))
                .collect()
        };
        let step = |score: i32| {
            let step = framework.scores.iter().find(|step| i64::from(step.score) == i64::from(score));
            step.map_or(score.to_string(), |step| step.name.get(say.code()).to_owned())
        };
        let chosen = answer.choice.as_ref().map(|chosen| texts(chosen).join(", "));
        let words = || answer.words.as_deref().map(|words| yes_or_no(say, words));
        let what = chosen.or_else(|| answer.score.map(step)).or_else(words);
        let what = what.unwrap_or_else(|| say.t("I do not know", "Je ne sais pas"));
        [what.as_str(), &answer.comment].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" – ")
    };
    let said: Vec<String> =
        of_node.iter().filter(|answer| answer.subject != node.urn || answer.score.is_some()).map(said).collect();
    if said.is_empty() { say.t("no answer", "sans réponse") } else { said.join("; ") }
}

/// A question of yes or no is answered in words.
fn yes_or_no(say: &Speaker, words: &str) -> String {
    match words {
        "yes" => say.t("Yes", "Oui"),
        "no" => say.t("No", "Non"),
        other => other.to_owned(),
    }
}

fn shown(say: &Speaker, measure: &MeasureView) -> String {
    let says = |standing: &str| match standing {
        "met" => say.t("met", "conforme"),
        "compensated" => say.t("met by other means", "conforme par d’autres moyens"),
        "not_applicable" => say.t("does not apply", "sans objet"),
        "weak" => say.t("weak", "faible"),
        "not_met" => say.t("not met", "non conforme"),
        _ => say.t("unknown", "inconnu"),
    };
    let one = |proof: &super::super::standing::EvidenceView| {
        format!("{}, {} – {} ({})", proof.gateway, proof.requirement, says(proof.standing), say.day_of(proof.at.0))
    };
    measure.evidence.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn about(file: &EvidenceView) -> String {
    match file.versions.last() {
        Some(version) => {
            let digest: String = version.sha256.chars().take(DIGEST).collect();
            format!("{} ({}, SHA-256 {digest}…)", file.title, version.file_name)
        }
        None => file.title.clone(),
    }
}

const fn state_of(grade: Conformity) -> State {
    match grade {
        Conformity::Major => State::Fails,
        Conformity::Minor => State::Weak,
        Conformity::Observation => State::Declared,
        Conformity::GoodPractice => State::Holds,
    }
}

fn grade(say: &Speaker, grade: Conformity) -> String {
    match grade {
        Conformity::Major => say.t("Major non-conformity", "Non-conformité majeure"),
        Conformity::Minor => say.t("Minor non-conformity", "Non-conformité mineure"),
        Conformity::Observation => say.t("Observation", "Observation"),
        Conformity::GoodPractice => say.t("Good practice", "Bonne pratique"),
    }
}

fn audit(say: &Speaker, audited: Option<&Audited>, blocks: &mut Vec<Block>) {
    blocks.push(Block::Heading { text: say.t("Audit", "Audit") });
    let Some(Audited { audit, closing, .. }) = audited else {
        blocks.push(Block::Text {
            text: say.t(
                "No audit has been made. The report shows what the company declares and what is proven of it.",
                "Aucun audit n’a été fait. Le rapport montre ce que l’entreprise déclare et ce qui en est prouvé.",
            ),
        });
        return;
    };
    let state = if audit.closed { say.t("closed", "clos") } else { say.t("under way", "en cours") };
    let at = say.day_of(Timestamp(audit.created_at));
    blocks.push(Block::Text {
        text: say.fill(
            "“{title}”, {state}, begun on {at} by {who}",
            "« {title} », {state}, commencé le {at} par {who}",
            &[("title", &audit.title), ("state", &state), ("at", &at), ("who", &audit.created_by)],
        ),
    });
    if let Some(closing) = closing {
        let at = closing.closed_at.as_ref().map_or("–".to_owned(), |at| say.day_of(at.0));
        let whole = say.fill(
            "Signed when it was closed on {at}; nothing has been changed since.",
            "Signé à sa clôture le {at} ; rien n’a changé depuis.",
            &[("at", &at)],
        );
        let broken = say.t(
            "Something was changed after it was closed. Do not rely on this audit.",
            "Quelque chose a été modifié après la clôture. Ne vous fiez pas à cet audit.",
        );
        let (state, text) = if closing.is_whole { (State::Holds, whole) } else { (State::Fails, broken) };
        blocks.push(Block::Notice { state, text });
    }
}

fn findings(say: &Speaker, standing: &StandingView, found: &[FindingView], blocks: &mut Vec<Block>) {
    const GRADES: [Conformity; 4] = [Conformity::Major, Conformity::Minor, Conformity::Observation, Conformity::GoodPractice];
    blocks.push(Block::Heading { text: say.t("Findings", "Constats") });
    if !found.is_empty() {
        let figure = |kind: Conformity| {
            let many = found.iter().filter(|finding| finding.content.said.grade == kind).count();
            Figure { label: grade(say, kind), value: many.to_string(), note: String::new(), least: None, most: None }
        };
        blocks.push(Block::Figures { items: GRADES.map(figure).into() });
    }
    let mut sorted: Vec<&FindingView> = found.iter().collect();
    sorted.sort_by_key(|finding| std::cmp::Reverse(finding.content.said.grade));
    let row = |finding: &&FindingView| {
        let content = &finding.content;
        let said = &content.said;
        let name = standing.measures.iter().find(|measure| measure.id == said.measure);
        let measure = format!("{} {}", said.measure, name.map_or("", |measure| say.say(&measure.name)));
        let mut words = vec![said.title.clone()];
        words.extend((!said.seen.is_empty()).then(|| said.seen.clone()));
        let labelled = |label: String, text: &str| format!("{label}{}{text}", say.t(": ", " : "));
        if !said.recommendation.is_empty() {
            words.push(labelled(say.t("Recommendation", "Recommandation"), &said.recommendation));
        }
        if let Some(correction) = &content.correction {
            words.push(labelled(say.t("What the company did", "Ce qu’a fait l’entreprise"), &correction.words));
        }
        if let Some(verdict) = &content.verdict {
            let accepted = say.t("Seen by the auditor", "Vu par l’auditeur");
            let refused = say.t("Not enough, says the auditor", "Insuffisant, selon l’auditeur");
            words.push(labelled(if verdict.is_accepted { accepted } else { refused }, &verdict.words));
        }
        let mut state = match content.state {
            _ if said.grade == Conformity::GoodPractice => String::new(),
            FindingState::Open => say.t("open", "ouvert"),
            FindingState::Corrected => say.t("corrected, says the company", "corrigé, dit l’entreprise"),
            FindingState::Verified => say.t("corrected, seen by the auditor", "corrigé, vu par l’auditeur"),
        };
        if let Some(due) = said.due.as_ref().filter(|_| content.state != FindingState::Verified) {
            let due = say.fill("to be corrected by {at}", "à corriger avant le {at}", &[("at", &say.written_day(due))]);
            state = if state.is_empty() { due } else { format!("{state}, {due}") };
        }
        vec![
            Cell { text: grade(say, said.grade), state: Some(state_of(said.grade)) },
            plain(measure),
            plain(words.join("\n")),
            plain(state),
        ]
    };
    blocks.push(Block::Table {
        title: say.t("One by one", "Un par un"),
        columns: vec![
            column(say.t("Grade", "Grade")),
            column(say.t("Measure", "Mesure")),
            column(say.t("What was found", "Ce qui a été constaté")),
            column(say.t("State", "État")),
        ],
        rows: sorted.iter().map(row).collect(),
        empty: say.t("Nothing was found.", "Aucun constat."),
    });
}

/// The report.
pub(super) fn blocks(say: &Speaker, framework: &Framework, standing: &StandingView, found: &Found) -> Vec<Block> {
    let mut blocks = Vec::new();
    audit(say, found.audit.as_ref(), &mut blocks);
    findings(say, standing, &found.findings, &mut blocks);
    blocks.push(Block::Heading { text: say.t("Measures one by one", "Mesure par mesure") });
    let mut columns = vec![column(say.t("Measure", "Mesure")), column(say.t("Company", "Entreprise"))];
    if found.audit.is_some() {
        columns.push(column(say.t("Auditor", "Auditeur")));
    }
    columns.push(column(say.t("Gateways and files", "Passerelles et fichiers")));
    let row = |measure: &MeasureView| {
        let node = framework.measures().find(|node| short_name(node) == measure.id);
        let by = |answers: &[answer::Model]| node.map_or("–".to_owned(), |node| answered(say, framework, node, answers));
        let contradicted = if measure.contradicted {
            say.t(" – contradicted by a gateway", " – contredite par une passerelle")
        } else {
            String::new()
        };
        let title = format!("{} {}{contradicted}", measure.id, say.say(&measure.name));
        let mut cells = vec![Cell { text: title, state: measure.ring.map(mark) }, plain(by(&found.own))];
        if let Some(audited) = &found.audit {
            cells.push(plain(by(&audited.answers)));
        }
        let files = found.files.iter().filter(|file| file.is_attached_to(&measure.id)).map(about);
        let gateways = Some(shown(say, measure)).filter(|text| !text.is_empty());
        cells.push(plain(gateways.into_iter().chain(files).collect::<Vec<_>>().join("; ")));
        cells
    };
    for theme in &standing.themes {
        blocks.push(Block::Table {
            title: say.say(&theme.name).to_owned(),
            columns: columns.clone(),
            rows: standing.measures.iter().filter(|measure| measure.theme == theme.id).map(row).collect(),
            empty: String::new(),
        });
    }
    blocks
}
