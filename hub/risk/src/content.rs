//! What ships in `content/` about risk: the port framework and its companions, the guide, feared scenarios, taxonomies, clocks, the
//! label. Embedded, so that a hub is whole by itself, and read once.
//!
//! A file that does not fit the others (a scenario that names no measure of the framework) fails a test, not a user.

mod clock;
mod companion;
mod guide;
mod scenario;
mod taxonomy;
#[cfg(test)]
mod tests;

pub use clock::{ClockStep, Due, RegulatoryClock};
pub use companion::{Companion, Covers, Depends, Effort, Evidence, References, Spend, Takes};
pub use guide::{Keywords, Sheet};
pub use scenario::{Criteria, Detection, Exercise, Inject, Phase, PublicEvent, Reflex, Scenario, Stage, StageName};
pub use taxonomy::{Entry, Family, Listed, MispPredicate, MispTaxonomy, MispValues, Provenance, Taxonomies};

use crate::label::{Label, LabelError};
use crate::library::{self, Library, LibraryError};
use rust_embed::RustEmbed;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../content"]
#[include = "frameworks/*"]
#[include = "guide/*"]
#[include = "scenarios/*"]
#[include = "taxonomies/*"]
#[include = "clocks/*"]
#[include = "label/*"]
// Where MISP's files come from is for whoever reads the folder: no need to carry a commit's name, which looks like a key.
#[exclude = "taxonomies/misp/*.toml"]
#[exclude = "*.md"]
struct Files;

/// Everything that ships.
#[derive(Debug)]
pub struct Content {
    /// The port framework, as a library.
    pub port: Arc<Library>,
    /// Who is asked what of it, what proves it, what it takes.
    pub companion: Companion,
    /// Where other frameworks ask the same, by measure.
    pub references: BTreeMap<String, References>,
    /// Sheets of the guide, by measure.
    pub guide: BTreeMap<String, Sheet>,
    /// Feared scenarios, in order.
    pub scenarios: Vec<Scenario>,
    /// What the port is made of and what threatens it.
    pub taxonomies: Taxonomies,
    /// Duties to report.
    pub clocks: Vec<RegulatoryClock>,
    /// The label.
    pub label: Label,
}

/// What is wrong with a file that ships.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// It is not there, or not text.
    #[error("{file}: not there, or not text")]
    Missing {
        /// Its name.
        file: String,
    },
    /// It is not of its form.
    #[error("{file}: {source}")]
    Toml {
        /// Its name.
        file: String,
        /// What the parser says.
        source: Box<toml::de::Error>,
    },
    /// A MISP taxonomy is not of its form.
    #[error("{file}: {source}")]
    Json {
        /// Its name.
        file: String,
        /// What the parser says.
        source: serde_json::Error,
    },
    /// The framework is not a library.
    #[error("frameworks/haubert-port.yaml: {0}")]
    Library(#[from] LibraryError),
    /// The label is not one.
    #[error("label/en-route-vers.toml: {0}")]
    Label(#[from] LabelError),
}

fn text(file: &str) -> Result<String, ContentError> {
    let found = Files::get(file).and_then(|found| String::from_utf8(found.data.into_owned()).ok());
    found.ok_or_else(|| ContentError::Missing { file: file.to_owned() })
}

fn read<T: DeserializeOwned>(file: &str) -> Result<T, ContentError> {
    toml::from_str(&text(file)?).map_err(|source| ContentError::Toml { file: file.to_owned(), source: Box::new(source) })
}

/// The files of a folder, by name.
fn read_all<T: DeserializeOwned>(folder: &str, extension: &str) -> Result<Vec<T>, ContentError> {
    let mut files: Vec<String> = Files::iter().map(|file| file.into_owned()).collect();
    files.retain(|file| file.starts_with(folder) && file.ends_with(extension));
    files.sort_unstable();
    files.iter().map(|file| read(file)).collect()
}

impl Content {
    fn load() -> Result<Self, ContentError> {
        let references: companion::ReferencesFile = read("frameworks/haubert-port.references.toml")?;
        let sheets: Vec<Sheet> = read_all("guide/", ".toml")?;
        Ok(Self {
            port: Arc::new(library::read(&text("frameworks/haubert-port.yaml")?)?),
            companion: read("frameworks/haubert-port.toml")?,
            references: references.measure.into_iter().map(|references| (references.id.clone(), references)).collect(),
            guide: sheets.into_iter().map(|sheet| (sheet.measure.clone(), sheet)).collect(),
            scenarios: read_all("scenarios/", ".toml")?,
            taxonomies: Taxonomies::load()?,
            clocks: read_all("clocks/", ".toml")?,
            label: Label::parse(&text("label/en-route-vers.toml")?)?,
        })
    }

    /// Everything that ships, read at the first call.
    ///
    /// # Errors
    /// What is wrong with it; a test makes sure that nothing is.
    pub fn shipped() -> Result<&'static Self, &'static ContentError> {
        static CONTENT: OnceLock<Result<Content, ContentError>> = OnceLock::new();
        CONTENT.get_or_init(Self::load).as_ref()
    }
}
