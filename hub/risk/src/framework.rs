//! A framework: measures under themes, with questions.

use crate::texts::Texts;
use serde::{Deserialize, Serialize};

/// How much a measure matters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Importance {
    /// Without it, nothing else counts for much.
    Mandatory,
    /// Expected of whoever has the mandatory ones. What a framework that says nothing means.
    #[default]
    Recommended,
    /// For whoever wants more.
    NiceToHave,
}

/// A measure, or a heading above measures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Names it everywhere and for ever.
    pub urn: String,
    /// Position of the heading above it, when there is one.
    pub parent: Option<usize>,
    /// Headings above it.
    pub depth: u8,
    /// As the framework numbers it.
    pub ref_id: Option<String>,
    /// Short title.
    pub name: Texts,
    /// What must hold.
    pub description: Texts,
    /// What helps to understand it.
    pub annotation: Texts,
    /// What commonly proves it.
    pub typical_evidence: Texts,
    /// Whether it is a measure.
    pub assessable: bool,
    /// Groups that it belongs to; all, when there are none.
    pub groups: Vec<String>,
    /// How much it counts beside others of its importance.
    pub weight: u32,
    /// How much it matters.
    pub importance: Importance,
    /// What is asked.
    pub questions: Vec<Question>,
    /// Identifiers of threats that it answers.
    pub threats: Vec<String>,
    /// Identifiers of controls that do it.
    pub controls: Vec<String>,
}

/// How a question is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// One of the choices.
    UniqueChoice,
    /// Any of the choices.
    MultipleChoice,
    /// In words.
    Text,
    /// A day.
    Date,
    /// A number.
    Number,
    /// Yes or no.
    Boolean,
}

/// What is asked of a measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Names it everywhere and for ever.
    pub urn: String,
    /// How it is answered.
    pub kind: QuestionKind,
    /// What is asked.
    pub text: Texts,
    /// What can be chosen.
    pub choices: Vec<Choice>,
    /// The group that it is for, when it is not for everybody whom the measure is for.
    pub group: Option<String>,
}

/// What can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Names it everywhere and for ever.
    pub urn: String,
    /// What it says.
    pub text: Texts,
    /// The score that it stands for.
    pub score: Option<u32>,
}

/// A group of measures that are asked together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// As nodes name it.
    pub ref_id: String,
    /// Its title.
    pub name: Texts,
    /// Whom it is for.
    pub description: Texts,
    /// Whether it is asked when nobody says.
    pub default_selected: bool,
}

/// What a score means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreStep {
    /// From the framework's least to its most.
    pub score: u32,
    /// In a word or two.
    pub name: Texts,
    /// In a sentence.
    pub description: Texts,
}

/// Measures under headings. Made by [`crate::library::read`], which checks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Framework {
    /// Names it everywhere and for ever.
    pub urn: String,
    /// Short name.
    pub ref_id: String,
    /// Title.
    pub name: Texts,
    /// What it is.
    pub description: Texts,
    /// Least score of a measure.
    pub min_score: u32,
    /// Best score of a measure.
    pub max_score: u32,
    /// What scores mean.
    pub scores: Vec<ScoreStep>,
    /// Groups that nodes name.
    pub groups: Vec<Group>,
    /// Headings and measures; a heading comes before what is below it.
    pub nodes: Vec<Node>,
}

impl Framework {
    /// The measures.
    pub fn measures(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| node.assessable)
    }

    /// The topmost heading above `node`; itself when there is none above it.
    pub fn theme<'a>(&'a self, node: &'a Node) -> &'a Node {
        let mut at = node;
        // A parent stands before its child, so this ends.
        while let Some(above) = at.parent.and_then(|parent| self.nodes.get(parent)) {
            at = above;
        }
        at
    }
}
