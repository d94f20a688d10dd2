//! What a report is made of. All words are said already, in the reader's language and manner of writing numbers and days: who
//! shows a report decides how it looks, never what it says.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One report, whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Report)]
pub struct Report {
    /// The language of all its words.
    pub lang: Lang,
    /// What it is, for instance "Report to management".
    pub title: String,
    /// Whom it is about.
    pub organisation: String,
    /// When it was made: date and time in words, in the reader's zone.
    pub made: String,
    /// From top to bottom; none as long as there is nothing to report.
    pub blocks: Vec<Block>,
}

/// Languages that reports are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportLang)]
#[serde(rename_all = "snake_case")]
pub enum Lang {
    /// English.
    En,
    /// French.
    Fr,
}

/// One block of a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportBlock)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Block {
    /// Opens a section.
    Heading {
        /// Its title.
        text: String,
    },
    /// A paragraph. Ends of lines are kept.
    Text {
        /// Its words.
        text: String,
    },
    /// A sentence that must be seen, with the ring of its state.
    Notice {
        /// The ring beside it.
        state: State,
        /// Its words.
        text: String,
    },
    /// Figures side by side.
    Figures {
        /// From left to right.
        items: Vec<Figure>,
    },
    /// Bars from 0 to 100, one under the other, with their names.
    Bars {
        /// From top to bottom.
        items: Vec<Bar>,
    },
    /// A table.
    Table {
        /// Stands above it, and names it for those who do not see it. Empty where the heading before it says all.
        title: String,
        /// From left to right. The first one names the row.
        columns: Vec<Column>,
        /// One cell for each column. What is missing is empty; what is too much is not shown.
        rows: Vec<Vec<Cell>>,
        /// Said in place of the table when it has no rows.
        empty: String,
    },
}

/// The ring that marks a state, as everywhere in the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportState)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// A closed ring.
    Holds,
    /// A thin ring: said, not shown.
    Declared,
    /// An open ring.
    Weak,
    /// A broken ring.
    Fails,
    /// A dotted ring.
    Unknown,
}

/// One figure, large, with what it means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportFigure)]
pub struct Figure {
    /// What is measured.
    pub label: String,
    /// The figure as it is read, with its unit.
    pub value: String,
    /// A few words under it; may be empty.
    pub note: String,
    /// What is reached at least, from 0 to 100. With `most` it is drawn as a bar, and what lies between as not certain.
    #[schema(required)]
    pub least: Option<f64>,
    /// What is possible at most, from 0 to 100.
    #[schema(required)]
    pub most: Option<f64>,
}

/// One bar with its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportBar)]
pub struct Bar {
    /// What is measured.
    pub label: String,
    /// What is reached at least, from 0 to 100.
    pub least: f64,
    /// What is possible at most, from 0 to 100.
    pub most: f64,
    /// Whether it is where the eye should land.
    pub weak: bool,
}

/// One column of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportColumn)]
pub struct Column {
    /// Its head.
    pub title: String,
    /// Whether it holds numbers: they stand at its end, under one another.
    pub is_number: bool,
}

/// One cell of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportCell)]
pub struct Cell {
    /// Its words. Ends of lines are kept.
    pub text: String,
    /// The ring before them.
    #[schema(required)]
    pub state: Option<State>,
}
