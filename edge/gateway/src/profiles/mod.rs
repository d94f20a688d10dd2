//! The device profiles at hand: those built in, those of the configured folder, and the site's own, added in the WEBVIEW.
//!
//! Own profiles are plain files in the data folder, so that they can be copied, compared and kept like any other. Whoever
//! reads devices follows the newest catalogue through a watch; a profile that is changed is used from the next round on.

pub mod dump;
mod store;

pub use store::{Origin, SaveError};

use haubert_content::{Catalogue, ContentError, Profile, ProfileError, ProfileId};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use store::{Library, Shelf};
use tokio::sync::watch;

/// Handle to the profiles; clones share them.
#[derive(Clone)]
pub struct Profiles(Arc<Shared>);

struct Shared {
    library: Mutex<Library>,
    current: watch::Sender<Arc<Catalogue>>,
}

impl Profiles {
    /// Loads every profile. `folder` holds profiles that replace built-in ones of the same name, `own` those of this site; a
    /// wrong file among the latter is passed over and told by [`Profiles::faults`].
    ///
    /// # Errors
    /// [`ContentError`] when a built-in profile or one of `folder` is wrong, or a folder cannot be read.
    pub fn open(folder: Option<&Path>, own: PathBuf) -> Result<Self, ContentError> {
        let library = Library::open(folder, own)?;
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
        self.library().shelf(id).map(Shelf::origin)
    }

    /// The file of a profile as its author wrote it.
    pub fn text(&self, id: &ProfileId) -> Option<String> {
        self.library().shelf(id)?.text(id)
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
