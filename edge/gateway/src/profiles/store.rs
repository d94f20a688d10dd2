//! The shelves of profiles, and the files of the site's own.

use haubert_content::{
    Catalogue, ContentError, Profile, ProfileError, ProfileId, embedded, embedded_text, load_dir, load_dir_each,
};
use haubert_content::{MAX_PROFILE_BYTES, parse};
use haubert_service::files;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use utoipa::ToSchema;

/// Most own profiles kept.
const MAX_OWN: usize = 500;

/// Where a profile comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// It ships with the gateway.
    BuiltIn,
    /// The folder named in the start-up file.
    Folder,
    /// Added on this gateway.
    Own,
}

/// Why a profile is not kept or removed.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// The file is wrong.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The name belongs to a profile that is not the site's own.
    #[error("{0} is a built-in name; give the profile another one")]
    NotOwn(ProfileId),
    /// An own profile has this name already.
    #[error("there is a profile {0} already")]
    Exists(ProfileId),
    /// There is no such own profile.
    #[error("there is no profile {0}")]
    Unknown(ProfileId),
    /// Too many are kept already.
    #[error("at most {MAX_OWN} own profiles")]
    TooMany,
    /// The disk refuses.
    #[error("keep the profile: {0}")]
    Io(#[from] std::io::Error),
}

/// One source of profiles.
pub(super) struct Shelf {
    origin: Origin,
    /// Folder of its files; built-in ones have none.
    folder: Option<PathBuf>,
    profiles: Catalogue,
}

impl Shelf {
    pub(super) const fn origin(&self) -> Origin {
        self.origin
    }

    pub(super) fn text(&self, id: &ProfileId) -> Option<String> {
        match &self.folder {
            None => embedded_text(id),
            Some(folder) => files::read_text_bounded(&file_of(folder, id), u64::try_from(MAX_PROFILE_BYTES).ok()?).ok(),
        }
    }
}

/// All shelves; a later one wins.
pub(super) struct Library {
    read_only: Vec<Shelf>,
    own: Shelf,
    own_folder: PathBuf,
    faults: Vec<ProfileError>,
}

impl Library {
    pub(super) fn open(folder: Option<&Path>, own_folder: PathBuf) -> Result<Self, ContentError> {
        let mut read_only = vec![Shelf { origin: Origin::BuiltIn, folder: None, profiles: embedded()? }];
        if let Some(folder) = folder {
            read_only.push(Shelf { origin: Origin::Folder, folder: Some(folder.to_owned()), profiles: load_dir(folder)? });
        }
        let (found, mut faults) = if own_folder.is_dir() { load_dir_each(&own_folder)? } else { Default::default() };
        let mut profiles = Catalogue::default();
        for profile in found.iter() {
            if read_only.iter().any(|shelf| shelf.profiles.get(&profile.id).is_some()) {
                let message = format!("{} is a built-in name; give the profile another one", profile.id);
                faults.push(ProfileError { file: format!("{}.toml", profile.id), line: None, field: None, message });
            } else {
                profiles.insert(profile.clone());
            }
        }
        for fault in &faults {
            tracing::warn!(%fault, "an own device profile is passed over");
        }
        let own = Shelf { origin: Origin::Own, folder: Some(own_folder.clone()), profiles };
        Ok(Self { read_only, own, own_folder, faults })
    }

    pub(super) fn catalogue(&self) -> Catalogue {
        let mut all = Catalogue::default();
        for shelf in self.read_only.iter().chain([&self.own]) {
            all.extend(shelf.profiles.clone());
        }
        all
    }

    pub(super) fn shelf(&self, id: &ProfileId) -> Option<&Shelf> {
        self.read_only.iter().chain([&self.own]).rev().find(|shelf| shelf.profiles.get(id).is_some())
    }

    pub(super) fn faults(&self) -> &[ProfileError] {
        &self.faults
    }

    pub(super) fn save(&mut self, id: &ProfileId, text: &str, replace: bool) -> Result<Arc<Profile>, SaveError> {
        let profile = parse(&format!("{id}.toml"), text)?;
        if profile.id != *id || !id.as_str().contains('/') {
            let message = "a profile is named by lower-case letters, digits and dashes, as in vendor/model".to_owned();
            return Err(ProfileError { file: id.to_string(), line: None, field: None, message }.into());
        }
        match self.shelf(id).map(Shelf::origin) {
            Some(Origin::Own) if !replace => return Err(SaveError::Exists(id.clone())),
            Some(Origin::Own) => {}
            Some(_) => return Err(SaveError::NotOwn(id.clone())),
            None if self.own.profiles.len() >= MAX_OWN => return Err(SaveError::TooMany),
            None => {}
        }
        let path = file_of(&self.own_folder, id);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        files::write_atomic(&path, text.as_bytes())?;
        self.own.profiles.insert(profile.clone());
        self.forget_fault(id);
        Ok(Arc::new(profile))
    }

    pub(super) fn delete(&mut self, id: &ProfileId) -> Result<(), SaveError> {
        let faulty = self.faults.iter().any(|fault| fault.file == format!("{id}.toml"));
        match self.shelf(id).map(Shelf::origin) {
            Some(Origin::Own) => {}
            Some(_) if !faulty => return Err(SaveError::NotOwn(id.clone())),
            None if !faulty => return Err(SaveError::Unknown(id.clone())),
            _ => {}
        }
        std::fs::remove_file(file_of(&self.own_folder, id))?;
        self.own.profiles.remove(id);
        self.forget_fault(id);
        Ok(())
    }

    fn forget_fault(&mut self, id: &ProfileId) {
        let file = format!("{id}.toml");
        self.faults.retain(|fault| fault.file != file);
    }
}

/// The path of a profile whose name has been checked: it has no dots and does not leave the folder.
fn file_of(folder: &Path, id: &ProfileId) -> PathBuf {
    folder.join(format!("{id}.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "vendor = \"V\"\nmodel = \"M\"\nsource = \"a document\"\nfluids = [\"electricity\"]\npoints = [{ quantity = \"frequency\", address = 10, type = \"u16\", unit = \"Hz\" }]\n";

    fn library(folder: &Path) -> Library {
        Library::open(None, folder.join("profiles")).unwrap()
    }

    #[test]
    fn what_is_kept_is_there_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let id = ProfileId::new("own/pump");
        library(dir.path()).save(&id, TEXT, false).unwrap();
        let mut again = library(dir.path());
        assert_eq!(again.shelf(&id).unwrap().origin(), Origin::Own);
        assert_eq!(again.shelf(&id).unwrap().text(&id).as_deref(), Some(TEXT));
        assert!(matches!(again.save(&id, TEXT, false), Err(SaveError::Exists(_))));
        let other = TEXT.replace("\"M\"", "\"M2\"");
        assert_eq!(again.save(&id, &other, true).unwrap().model, "M2");
        again.delete(&id).unwrap();
        assert!(again.shelf(&id).is_none() && library(dir.path()).shelf(&id).is_none());
        assert!(matches!(again.delete(&id), Err(SaveError::Unknown(_))));
    }

    #[test]
    fn built_in_names_are_not_taken() {
        let dir = tempfile::tempdir().unwrap();
        let id = ProfileId::new("eastron/sdm120");
        assert!(matches!(library(dir.path()).save(&id, TEXT, true), Err(SaveError::NotOwn(_))));
        assert!(matches!(library(dir.path()).delete(&id), Err(SaveError::NotOwn(_))));
    }

    #[test]
    fn names_do_not_lead_out_of_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["x", "../x", "/etc/x", "a/../../x", "own/X", "own/.x", "", "a/b/c/d"] {
            let outcome = library(dir.path()).save(&ProfileId::new(name), TEXT, true);
            assert!(matches!(outcome, Err(SaveError::Profile(_))), "{name}");
            assert!(library(dir.path()).delete(&ProfileId::new(name)).is_err(), "{name}");
        }
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_damaged_own_file_is_told_and_the_others_are_used() {
        let dir = tempfile::tempdir().unwrap();
        let good = ProfileId::new("own/good");
        library(dir.path()).save(&good, TEXT, false).unwrap();
        std::fs::write(dir.path().join("profiles/own/bad.toml"), "vendor = 1").unwrap();
        let mut library = library(dir.path());
        assert!(library.shelf(&good).is_some());
        assert_eq!(library.faults().len(), 1);
        library.delete(&ProfileId::new("own/bad")).unwrap();
        assert!(library.faults().is_empty());
    }
}
