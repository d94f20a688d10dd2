//! Where an organisation stands and what it does next: frameworks, answers, scores, labels, scenarios, risks. Pure: content,
//! answers and time come in, figures and lists go out.
//!
//! A measure counts for what is known of it. What nobody has answered counts as not done in the score, and as done in its upper
//! bound, so that ignorance widens a score and never lifts it. Rejected: leaving unanswered measures out, as scores of audits
//! commonly do, because then the quickest way to a good score is to answer little.

mod answer;
pub mod benchmark;
pub mod chain;
pub mod content;
pub mod csaf;
mod exposure;
mod finding;
mod framework;
pub mod grid;
pub mod inventory;
mod label;
pub mod library;
pub mod mapping;
mod profile;
pub mod register;
mod ring;
mod score;
pub mod study;
mod texts;

pub use answer::{Answer, Track};
pub use exposure::{Exposure, StageView, exposure};
pub use finding::{Audit, Conformity, FindingState};
pub use framework::{Choice, Framework, Group, Importance, Node, Question, QuestionKind, ScoreStep};
pub use label::{Floors, Grade, Label, LabelError, Shortfall};
pub use profile::{Nis2, Profile, Show, Size, When};
pub use ring::{Known, Ring};
pub use score::{Gain, Interval, Measure, Score, Step, ThemeScore, next_steps, score};
pub use texts::Texts;
