//! Scenes: what stands in a simulated plant, as TOML. Unknown keys and impossible plants are refused with the place named.

mod check;
mod generate;
mod spec;

pub use spec::{BusKind, BusSpec, DeviceSpec, GenerateSpec, LoadSpec, ParitySpec, ReplayColumn, ReplaySpec, Scene};

use std::io::Read;
use std::path::{Path, PathBuf};

/// Largest scene file, in bytes.
const MAX_SCENE_BYTES: u64 = 1024 * 1024;

/// Scenes that are part of the binary.
const NAMED: [(&str, &str); 2] =
    [("port-terminal", include_str!("../../scenes/port-terminal.toml")), ("large", include_str!("../../scenes/large.toml"))];

/// A scene that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SceneError {
    /// Not TOML, an unknown key or a wrong type. The text names line and field.
    #[error("{name}: {source}")]
    Parse {
        /// File or name of the scene.
        name: String,
        /// What the TOML reader says.
        source: Box<toml::de::Error>,
    },
    /// Something that cannot be.
    #[error("{place}: {message}")]
    Impossible {
        /// Bus and device.
        place: String,
        /// What is wrong.
        message: String,
    },
    /// A file cannot be read.
    #[error("read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A recording cannot be replayed.
    #[error("{path}:{line}: {message}")]
    Replay {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
}

impl Scene {
    /// Reads a scene from text. `folder` is where recordings named in it are looked for.
    ///
    /// # Errors
    /// [`SceneError::Parse`] or [`SceneError::Impossible`].
    pub fn parse(name: &str, text: &str, folder: &Path) -> Result<Self, SceneError> {
        let mut scene: Self =
            toml::from_str(text).map_err(|source| SceneError::Parse { name: name.to_owned(), source: Box::new(source) })?;
        folder.clone_into(&mut scene.folder);
        if scene.name.is_empty() {
            name.clone_into(&mut scene.name);
        }
        scene.check_size()?;
        scene.expand();
        scene.check()?;
        Ok(scene)
    }

    /// Reads a scene file.
    ///
    /// # Errors
    /// As [`Scene::parse`], and [`SceneError::Read`].
    pub fn load(path: &Path) -> Result<Self, SceneError> {
        let failed = |source| SceneError::Read { path: path.to_owned(), source };
        let mut text = String::new();
        std::fs::File::open(path).map_err(failed)?.take(MAX_SCENE_BYTES).read_to_string(&mut text).map_err(failed)?;
        Self::parse(&path.display().to_string(), &text, path.parent().unwrap_or(Path::new(".")))
    }

    /// A scene that is part of the binary: `port-terminal` or `large`.
    ///
    /// # Errors
    /// [`SceneError::Impossible`] for a name that is none.
    pub fn named(name: &str) -> Result<Self, SceneError> {
        match NAMED.iter().find(|(other, _)| *other == name) {
            Some((name, text)) => Self::parse(name, text, Path::new(".")),
            None => Err(SceneError::Impossible {
                place: name.to_owned(),
                message: format!("no such scene; there are {}", NAMED.map(|(name, _)| name).join(" and ")),
            }),
        }
    }
}
