//! The device profiles at hand: those built in, those of the configured folder, and the site's own, added in the WEBVIEW.
//!
//! Own profiles are kept as their authors wrote them, in the encrypted configuration: they tell what a site measures, and are
//! downloaded and uploaded in the WEBVIEW. Whoever reads devices follows the newest catalogue through a watch; a profile that is
//! changed is used from the next round on.

pub mod dump;
mod store;

pub use store::{OpenError, Origin, SaveError};

use crate::store::Db;
use haubert_content::{Catalogue, Profile, ProfileError, ProfileId};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use store::{Library, take_over};
use tokio::sync::watch;

/// Handle to the profiles; clones share them.
#[derive(Clone)]
pub struct Profiles(Arc<Shared>);

struct Shared {
    library: Mutex<Library>,
    current: watch::Sender<Arc<Catalogue>>,
}

impl Profiles {
    /// Loads every profile. `folder` holds profiles that replace built-in ones of the same name; `db` keeps those of this site, and
    /// takes over what earlier versions kept as files in `old_own`. A wrong one among them is passed over and told by
    /// [`Profiles::faults`].
    ///
    /// # Errors
    /// [`OpenError`] when a built-in profile or one of `folder` is wrong, a folder cannot be read, or the store fails.
    pub fn open(folder: Option<&Path>, old_own: &Path, db: Db) -> Result<Self, OpenError> {
        take_over(old_own, &db)?;
        let library = Library::open(folder, db)?;
        let current = watch::Sender::new(Arc::new(library.catalogue()));
        Ok(Self(Arc::new(Shared { library: Mutex::new(library), current })))
    }

    /// The profiles as they now are.
    pub fn catalogue(&self) -> Arc<Catalogue> {
        Arc::clone(&self.0.current.borrow())
    }

    /// The profiles as they change.
    pub fn subscribe(&self) -> watch::Receiver<Arc<Catalogue>> {
        self.0.current.subscribe()
    }

    /// Where a profile comes from, and whether it stands in place of a built-in one.
    pub fn origin(&self, id: &ProfileId) -> Option<Origin> {
        self.library().origin(id)
    }

    /// The file of a profile as its author wrote it.
    pub fn text(&self, id: &ProfileId) -> Option<String> {
        self.library().text(id)
    }

    /// Own files that cannot be used, and why.
    pub fn faults(&self) -> Vec<ProfileError> {
        self.library().faults().to_vec()
    }

    /// Keeps an own profile, in place of an own one of this name only when `replace` says so. Blocks on the disk.
    ///
    /// # Errors
    /// [`SaveError`]; nothing is then changed.
    pub fn save(&self, id: &ProfileId, text: &str, replace: bool) -> Result<Arc<Profile>, SaveError> {
        let mut library = self.library();
        let profile = library.save(id, text, replace)?;
        self.0.current.send_replace(Arc::new(library.catalogue()));
        Ok(profile)
    }

    /// Removes an own profile. Blocks on the disk.
    ///
    /// # Errors
    /// [`SaveError`]; nothing is then changed.
    pub fn delete(&self, id: &ProfileId) -> Result<(), SaveError> {
        let mut library = self.library();
        library.delete(id)?;
        self.0.current.send_replace(Arc::new(library.catalogue()));
        Ok(())
    }

    fn library(&self) -> std::sync::MutexGuard<'_, Library> {
        self.0.library.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
