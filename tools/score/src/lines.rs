//! What the lines of the board ask.

use serde::Deserialize;
use std::path::Path;

/// One line of the board.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// From the list of thirty.
    pub number: u8,
    /// A few words.
    pub title: String,
    /// What it asks, in a sentence or two.
    pub asks: String,
    /// What a reader must know: what of the line is not shown here, and why.
    #[serde(default)]
    pub note: String,
    /// What is measured for it.
    #[serde(rename = "figure")]
    pub figures: Vec<Figure>,
}

/// One thing measured.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// `NN.name`, as it is recorded.
    pub id: String,
    /// What is measured.
    pub what: String,
    /// What must be reached.
    pub bar: String,
    /// What measures it.
    pub by: By,
    /// A negative control: the protection is taken away or the fault put in, and the measurement must notice.
    #[serde(default)]
    pub control: bool,
}

/// What makes a figure.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// A Rust test, by its full name inside its binary.
    Test(String),
    /// A section of `make bench`.
    Bench(String),
    /// A file of browser scenes.
    Browser(String),
    /// A script of `scripts/`.
    Script(String),
}

impl By {
    /// Of the test, section, file or script.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Test(name) | Self::Bench(name) | Self::Browser(name) | Self::Script(name) => name,
        }
    }

    /// The command that measures it again.
    #[must_use]
    pub fn command(&self) -> String {
        match self {
            Self::Test(name) => format!("make soak ONLY={}", name.rsplit("::").next().unwrap_or(name)),
            Self::Bench(name) | Self::Browser(name) | Self::Script(name) => format!("make soak ONLY={name}"),
        }
    }
}

/// Every line that is written down, in the order of the numbers.
///
/// # Errors
/// Words on the first file that cannot be read or says something else than [`Line`].
pub fn lines(folder: &Path) -> Result<Vec<Line>, String> {
    let read = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut lines = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(read)? {
        let path = entry.map_err(read)?.path();
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let line: Line = toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        lines.push(line);
    }
    lines.sort_by_key(|line| line.number);
    Ok(lines)
}
