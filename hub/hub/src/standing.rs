//! Where an organisation stands: answers, a gateway's posture and content brought together. Pure.
//!
//! A measure that gateways answer wholly is evidenced by their posture as long as that is fresh: met by all of them is done, met by
//! some is done in part. A measure that they answer in part adds a proof beside, and never makes it evidenced by itself. Any other
//! measure is evidenced by a file, as far as it is declared, until the file expires.

use crate::frameworks::short_name;
use haubert_link::message::{PostureReport, Standing as Stands};
use haubert_model::{Timestamp, Words};
use haubert_risk::content::{Content, Covers, Effort, Spend};
use haubert_risk::{Answer, Framework, Gain, Known, Measure, Node, Profile, Question, Show};
use std::collections::{BTreeMap, BTreeSet};

/// After so long without news, what a gateway told is no proof any more.
pub(crate) const FRESH_MS: i64 = 7 * 24 * 3_600_000;
/// A declared measure that is proven this much lower is contradicted.
const APART: f64 = 0.2;

/// An answer as the rules see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    /// Urn of the question, or of the node itself.
    pub(crate) subject: String,
    /// Urn of what was chosen; of several, with a space between them.
    pub(crate) choice: Option<String>,
    /// A score given without a choice.
    pub(crate) score: Option<u32>,
    /// Whether it does not concern the organisation.
    pub(crate) not_applicable: bool,
}

/// What a gateway told.
#[derive(Debug, Clone)]
pub(crate) struct Witness {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) at: Timestamp,
    pub(crate) report: PostureReport,
}

/// A proof from a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proof {
    pub(crate) gateway_id: String,
    pub(crate) gateway: String,
    pub(crate) requirement: String,
    pub(crate) stands: Stands,
    pub(crate) at: Timestamp,
    pub(crate) covers: Covers,
}

/// A measure that is asked of an organisation.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) node: &'static Node,
    pub(crate) theme: &'static Node,
    pub(crate) known: Known,
    /// What an auditor found, when one has looked.
    pub(crate) audited: Answer,
    pub(crate) effort: Effort,
    pub(crate) cost: Spend,
    pub(crate) proofs: Vec<Proof>,
    /// Valid files that are attached to it.
    pub(crate) files: usize,
}

impl Asked {
    pub(crate) fn id(&self) -> &'static str {
        short_name(self.node)
    }

    /// Whether what is declared is clearly more than what is proven.
    pub(crate) fn is_contradicted(&self) -> bool {
        match (self.known.declared, self.known.proven) {
            (Answer::Done(declared), Answer::Done(proven)) => declared > proven + APART,
            _ => false,
        }
    }

    fn measure(&self, answer: Answer) -> Measure {
        Measure {
            id: self.id().to_owned(),
            theme: short_name(self.theme).to_owned(),
            importance: self.node.importance,
            weight: self.node.weight,
            answer,
        }
    }
}

/// The measures as the organisation declares them.
pub(crate) fn declared(asked: &[Asked]) -> Vec<Measure> {
    asked.iter().map(|asked| asked.measure(asked.known.declared)).collect()
}

/// The measures as they are proven.
pub(crate) fn evidenced(asked: &[Asked]) -> Vec<Measure> {
    let proven = |asked: &Asked| match asked.known.declared {
        Answer::NotApplicable => Answer::NotApplicable,
        _ => asked.known.proven,
    };
    asked.iter().map(|asked| asked.measure(proven(asked))).collect()
}

/// The measures as an auditor found them.
pub(crate) fn audited(asked: &[Asked]) -> Vec<Measure> {
    asked.iter().map(|asked| asked.measure(asked.audited)).collect()
}

/// What each measure takes, for the next steps.
pub(crate) fn takes(content: &Content) -> BTreeMap<String, Gain> {
    let companion = &content.companion;
    let gain = |measure: &str, effort: Effort| Gain {
        effort: effort.units(),
        depends_on: companion
            .depends
            .iter()
            .filter(|depends| depends.measure == measure)
            .flat_map(|depends| depends.on.clone())
            .collect(),
    };
    companion.cost.iter().map(|takes| (takes.measure.clone(), gain(&takes.measure, takes.effort))).collect()
}

/// The groups of a framework that are asked of whoever has `profile`: of the port framework by its rules, of any other those that it
/// selects by itself, or all.
pub(crate) fn groups(content: &Content, framework: &Framework, profile: &Profile) -> Vec<String> {
    if framework.ref_id == content.companion.framework {
        return Show::groups(&content.companion.show, profile).into_iter().map(str::to_owned).collect();
    }
    let selected: Vec<String> =
        framework.groups.iter().filter(|group| group.default_selected).map(|group| group.ref_id.clone()).collect();
    if !selected.is_empty() {
        return selected;
    }
    let named: BTreeSet<&String> = framework.nodes.iter().flat_map(|node| &node.groups).collect();
    named.into_iter().cloned().collect()
}

/// Whether a measure belongs to one of `groups`, or to none at all.
pub(crate) fn is_shown(node: &Node, groups: &[String]) -> bool {
    node.groups.is_empty() || node.groups.iter().any(|group| groups.contains(group))
}

/// The questions of a measure that are asked of whoever has `profile`.
pub(crate) fn questions<'a>(node: &'a Node, profile: &'a Profile) -> impl Iterator<Item = &'a Question> {
    node.questions.iter().filter(|question| question.group.as_deref().is_none_or(|group| group == "ot" && profile.ot))
}

/// The score of what was chosen: of several choices their sum, as far as the framework goes. Nothing when one of them is not there
/// any more, or has no score.
fn score_of(question: &Question, chosen: &str, most: u32) -> Option<u32> {
    let score = |urn: &str| question.choices.iter().find(|choice| choice.urn == urn)?.score;
    let scores = chosen.split(' ').map(score).collect::<Option<Vec<u32>>>()?;
    Some(scores.into_iter().fold(0, u32::saturating_add).min(most))
}

/// What answers say of a measure.
pub(crate) fn answer_of(framework: &Framework, node: &Node, profile: &Profile, said: &BTreeMap<&str, &Said>) -> Answer {
    if said.get(node.urn.as_str()).is_some_and(|said| said.not_applicable) {
        return Answer::NotApplicable;
    }
    let mut scores: Vec<Option<u32>> = questions(node, profile)
        .filter(|question| question.choices.iter().any(|choice| choice.score.is_some()))
        .map(|question| score_of(question, said.get(question.urn.as_str())?.choice.as_ref()?, framework.max_score))
        .collect();
    if scores.is_empty() {
        scores.push(said.get(node.urn.as_str()).and_then(|said| said.score));
    }
    Answer::of_scores(&scores, framework.min_score, framework.max_score)
}

fn proofs(content: &Content, measure: &str, witnesses: &[Witness], now: Timestamp) -> Vec<Proof> {
    let fresh = || witnesses.iter().filter(|witness| now.ms_since(witness.at) < FRESH_MS);
    let mut found = Vec::new();
    for evidence in content.companion.evidence.iter().filter(|evidence| evidence.measure == measure) {
        for witness in fresh() {
            let answers = witness.report.answers.iter().filter(|answer| answer.id == evidence.requirement);
            found.extend(answers.map(|answer| Proof {
                gateway_id: witness.id.clone(),
                gateway: witness.name.clone(),
                requirement: evidence.requirement.clone(),
                stands: answer.standing,
                at: witness.at,
                covers: evidence.covers,
            }));
        }
    }
    found
}

/// How far proofs that cover a whole measure show it done.
fn proven(proofs: &[Proof]) -> Answer {
    let (mut done, mut count) = (0.0, 0.0);
    for proof in proofs.iter().filter(|proof| proof.covers == Covers::Whole) {
        done += match proof.stands {
            Stands::Met | Stands::Compensated => 1.0,
            Stands::Weak => 0.5,
            Stands::NotMet => 0.0,
            Stands::NotApplicable | Stands::Unknown => continue,
        };
        count += 1.0;
    }
    if count > 0.0 { Answer::Done(done / count) } else { Answer::Unknown }
}

/// What there is to go by.
pub(crate) struct Facts<'a> {
    pub(crate) profile: &'a Profile,
    pub(crate) declared: &'a [Said],
    pub(crate) audited: Option<&'a [Said]>,
    pub(crate) witnesses: &'a [Witness],
    /// For each valid file, once: the measures that it is attached to.
    pub(crate) files: &'a [BTreeSet<String>],
    pub(crate) now: Timestamp,
}

/// Every measure that is asked of an organisation, and what is known of it.
pub(crate) fn asked(content: &'static Content, framework: &'static Framework, facts: &Facts<'_>) -> Vec<Asked> {
    let by_subject =
        |said: &'_ [Said]| -> BTreeMap<String, Said> { said.iter().map(|said| (said.subject.clone(), said.clone())).collect() };
    let (declared, audited) = (by_subject(facts.declared), facts.audited.map(by_subject));
    let declared: BTreeMap<&str, &Said> = declared.iter().map(|(subject, said)| (subject.as_str(), said)).collect();
    let audited: Option<BTreeMap<&str, &Said>> =
        audited.as_ref().map(|audited| audited.iter().map(|(subject, said)| (subject.as_str(), said)).collect());
    let shown = groups(content, framework, facts.profile);
    framework
        .measures()
        .filter(|node| is_shown(node, &shown))
        .map(|node| {
            let id = short_name(node);
            let takes = content.companion.cost.iter().find(|takes| takes.measure == id);
            let proofs = proofs(content, id, facts.witnesses, facts.now);
            let found = |said: &BTreeMap<&str, &Said>| answer_of(framework, node, facts.profile, said);
            let files = facts.files.iter().filter(|measures| measures.contains(id)).count();
            let declared = found(&declared);
            let proven = match (proven(&proofs), declared) {
                (Answer::Unknown, Answer::Done(_)) if files > 0 => declared,
                (by_gateways, _) => by_gateways,
            };
            Asked {
                theme: framework.theme(node),
                known: Known { declared, proven },
                audited: audited.as_ref().map_or(Answer::Unknown, found),
                effort: takes.map_or(Effort::M, |takes| takes.effort),
                cost: takes.map_or(Spend::None, |takes| takes.cost),
                proofs,
                files,
                node,
            }
        })
        .collect()
}

/// The measures of any framework as answers declare them, by which a score is reckoned.
pub(crate) fn measures(framework: &Framework, groups: &[String], profile: &Profile, said: &[Said]) -> Vec<Measure> {
    let said: BTreeMap<&str, &Said> = said.iter().map(|said| (said.subject.as_str(), said)).collect();
    let measure = |node: &Node| Measure {
        id: short_name(node).to_owned(),
        theme: short_name(framework.theme(node)).to_owned(),
        importance: node.importance,
        weight: node.weight,
        answer: answer_of(framework, node, profile, &said),
    };
    framework.measures().filter(|node| is_shown(node, groups)).map(measure).collect()
}

/// A text of a framework in both languages.
pub(crate) fn words(texts: &haubert_risk::Texts) -> Words {
    Words { en: texts.get("en").to_owned(), fr: texts.get("fr").to_owned() }
}

#[cfg(test)]
mod tests;
