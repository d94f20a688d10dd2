//! The shelves of profiles, and the site's own.

use crate::store::{Db, StoreError, own_profiles};
use haubert_content::{Catalogue, ContentError, Profile, ProfileError, ProfileId, embedded, embedded_text, load_dir};
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
    /// The configuration refuses.
    #[error("keep the profile: {0}")]
    Store(#[from] StoreError),
}

/// Why the profiles cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A built-in profile or one of the folder is wrong.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// The configuration refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One source of profiles that nobody changes.
struct Shelf {
    origin: Origin,
    /// Folder of its files; built-in ones have none.
    folder: Option<PathBuf>,
    profiles: Catalogue,
}

impl Shelf {
    fn text(&self, id: &ProfileId) -> Option<String> {
        match &self.folder {
            None => embedded_text(id),
            Some(folder) => {
                let file = folder.join(format!("{id}.toml"));
                files::read_text_bounded(&file, u64::try_from(MAX_PROFILE_BYTES).ok()?).ok()
            }
        }
    }
}

/// All profiles; a later shelf wins, and own ones have names that no shelf has.
pub(super) struct Library {
    shelves: Vec<Shelf>,
    own: Catalogue,
    db: Db,
    faults: Vec<ProfileError>,
}

impl Library {
    pub(super) fn open(folder: Option<&Path>, db: Db) -> Result<Self, OpenError> {
        let mut shelves = vec![Shelf { origin: Origin::BuiltIn, folder: None, profiles: embedded()? }];
        if let Some(folder) = folder {
            shelves.push(Shelf { origin: Origin::Folder, folder: Some(folder.to_owned()), profiles: load_dir(folder)? });
        }
        let (mut own, mut faults) = (Catalogue::default(), Vec::new());
        for (id, text) in db.call_blocking(own_profiles::all)? {
            match parse(&format!("{id}.toml"), &text) {
                Err(fault) => faults.push(fault),
                Ok(profile) if shelves.iter().any(|shelf| shelf.profiles.get(&profile.id).is_some()) => {
                    let message = format!("{} is a built-in name; give the profile another one", profile.id);
                    faults.push(ProfileError { file: format!("{id}.toml"), line: None, field: None, message });
                }
                Ok(profile) => own.insert(profile),
            }
        }
        for fault in &faults {
            tracing::warn!(%fault, "an own device profile is passed over");
        }
        Ok(Self { shelves, own, db, faults })
    }

    pub(super) fn catalogue(&self) -> Catalogue {
        let mut all = Catalogue::default();
        for profiles in self.shelves.iter().map(|shelf| &shelf.profiles).chain([&self.own]) {
            all.extend(profiles.clone());
        }
        all
    }

    pub(super) fn origin(&self, id: &ProfileId) -> Option<Origin> {
        if self.own.get(id).is_some() {
            return Some(Origin::Own);
        }
        self.shelf(id).map(|shelf| shelf.origin)
    }

    pub(super) fn text(&self, id: &ProfileId) -> Option<String> {
        if self.own.get(id).is_some() {
            return self.db.call_blocking(|tx| own_profiles::text(tx, id.as_str())).ok().flatten();
        }
        self.shelf(id)?.text(id)
    }

    fn shelf(&self, id: &ProfileId) -> Option<&Shelf> {
        self.shelves.iter().rev().find(|shelf| shelf.profiles.get(id).is_some())
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
        match self.origin(id) {
            Some(Origin::Own) if !replace => return Err(SaveError::Exists(id.clone())),
            Some(Origin::Own) => {}
            Some(_) => return Err(SaveError::NotOwn(id.clone())),
            None if self.own.len() >= MAX_OWN => return Err(SaveError::TooMany),
            None => {}
        }
        self.db.call_blocking(|tx| own_profiles::put(tx, id.as_str(), text))?;
        self.own.insert(profile.clone());
        self.forget_fault(id);
        Ok(Arc::new(profile))
    }

    pub(super) fn delete(&mut self, id: &ProfileId) -> Result<(), SaveError> {
        let faulty = self.faults.iter().any(|fault| fault.file == format!("{id}.toml"));
        match self.origin(id) {
            Some(Origin::Own) => {}
            Some(_) if !faulty => return Err(SaveError::NotOwn(id.clone())),
            None if !faulty => return Err(SaveError::Unknown(id.clone())),
            _ => {}
        }
        self.db.call_blocking(|tx| own_profiles::remove(tx, id.as_str()))?;
        self.own.remove(id);
        self.forget_fault(id);
        Ok(())
    }

    fn forget_fault(&mut self, id: &ProfileId) {
        let file = format!("{id}.toml");
        self.faults.retain(|fault| fault.file != file);
    }
}

/// Own profiles that an earlier version kept as files go into the configuration, wrong ones too; the files are destroyed.
pub(super) fn take_over(folder: &Path, db: &Db) -> Result<(), StoreError> {
    let (mut found, mut folders) = (Vec::new(), vec![(folder.to_owned(), String::new())]);
    let mut emptied = Vec::new();
    while let Some((path, prefix)) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&path) else { continue };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type()?.is_dir() && prefix.matches('/').count() < 2 {
                folders.push((entry.path(), format!("{prefix}{name}/")));
            } else if let Some(name) = name.strip_suffix(".toml") {
                let limit = u64::try_from(MAX_PROFILE_BYTES).unwrap_or(u64::MAX);
                found.push((format!("{prefix}{name}"), files::read_text_bounded(&entry.path(), limit), entry.path()));
            }
        }
        emptied.push(path);
    }
    db.call_blocking(|tx| {
        for (id, text, _) in &found {
            if let Ok(text) = text {
                own_profiles::put(tx, id, text)?;
            }
        }
        Ok(())
    })?;
    for (_, text, path) in &found {
        if text.is_ok() {
            crate::storage::destroy(path)?;
        }
    }
    // Those that hold something else stay.
    emptied.iter().rev().for_each(|folder| drop(std::fs::remove_dir(folder)));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "vendor = \"V\"\nmodel = \"M\"\nsource = \"a document\"\nfluids = [\"electricity\"]\npoints = [{ quantity = \"frequency\", address = 10, type = \"u16\", unit = \"Hz\" }]\n";

    fn library(folder: &Path) -> Library {
        let db = Db::open(&folder.join("config.db"), &haubert_trust::Key::new([5; 32])).unwrap();
        Library::open(None, db).unwrap()
    }

    #[test]
    fn what_is_kept_is_there_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let id = ProfileId::new("own/pump");
        library(dir.path()).save(&id, TEXT, false).unwrap();
        let mut again = library(dir.path());
        assert_eq!(again.origin(&id).unwrap(), Origin::Own);
        assert_eq!(again.text(&id).as_deref(), Some(TEXT));
        assert!(matches!(again.save(&id, TEXT, false), Err(SaveError::Exists(_))));
        let other = TEXT.replace("\"M\"", "\"M2\"");
        assert_eq!(again.save(&id, &other, true).unwrap().model, "M2");
        again.delete(&id).unwrap();
        assert!(again.origin(&id).is_none() && library(dir.path()).origin(&id).is_none());
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
        assert_eq!(library(dir.path()).own.len(), 0);
    }

    #[test]
    fn a_damaged_own_file_is_told_and_the_others_are_used() {
        let dir = tempfile::tempdir().unwrap();
        let good = ProfileId::new("own/good");
        library(dir.path()).save(&good, TEXT, false).unwrap();
        library(dir.path()).db.call_blocking(|tx| own_profiles::put(tx, "own/bad", "vendor = 1")).unwrap();
        let mut library = library(dir.path());
        assert!(library.origin(&good).is_some());
        assert_eq!(library.faults().len(), 1);
        library.delete(&ProfileId::new("own/bad")).unwrap();
        assert!(library.faults().is_empty());
    }

    #[test]
    fn files_of_earlier_versions_are_taken_over_and_destroyed() {
        let dir = tempfile::tempdir().unwrap();
        let old = dir.path().join("profiles");
        std::fs::create_dir_all(old.join("own")).unwrap();
        std::fs::write(old.join("own/pump.toml"), TEXT).unwrap();
        let db = Db::open(&dir.path().join("config.db"), &haubert_trust::Key::new([5; 32])).unwrap();
        take_over(&old, &db).unwrap();
        assert!(!old.exists());
        let library = Library::open(None, db).unwrap();
        assert_eq!(library.text(&ProfileId::new("own/pump")).as_deref(), Some(TEXT));
    }
}
