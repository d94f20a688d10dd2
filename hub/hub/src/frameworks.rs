//! The frameworks that a hub has: the one that ships, on which everything about where an organisation stands rests, and those that
//! were imported.

use crate::store::{Store, StoreError};
use haubert_risk::content::Content;
use haubert_risk::library::{self, Library};
use haubert_risk::{Framework, Node};
use haubert_service::problem::Problem;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// What ships.
pub(crate) fn content() -> Result<&'static Content, Problem> {
    Content::shipped().map_err(|error| Problem::internal("read the content", error))
}

/// The port framework, which everything about where an organisation stands rests on.
pub(crate) fn port() -> Result<Option<&'static Framework>, Problem> {
    Ok(content()?.port.framework.as_ref())
}

/// A measure's own short name, such as `TEC-21`; its urn where it has none.
pub(crate) fn short_name(node: &Node) -> &str {
    node.ref_id.as_deref().unwrap_or(&node.urn)
}

/// Whether a library came with the program.
pub(crate) fn is_shipped(library: &Library) -> bool {
    content().is_ok_and(|content| content.port.urn == library.urn)
}

/// The libraries at hand, by urn: read once, since a large one takes a second to read.
#[derive(Debug, Default)]
pub(crate) struct Frameworks {
    imported: RwLock<BTreeMap<String, Arc<Library>>>,
}

impl Frameworks {
    /// Those that were imported into `store`. One that this program does not read any more is left out, and said in the log.
    pub(crate) async fn open(store: &Store) -> Result<Self, StoreError> {
        let rows = store.libraries().await?;
        let read = tokio::task::spawn_blocking(move || {
            let read = rows.into_iter().filter_map(|row| match library::read(&row.document) {
                Ok(library) => Some((row.urn, Arc::new(library))),
                Err(error) => {
                    tracing::error!(urn = row.urn, %error, "an imported library cannot be read");
                    None
                }
            });
            read.collect()
        });
        let imported = read.await.map_err(|error| StoreError::Damaged(error.to_string()))?;
        Ok(Self { imported: RwLock::new(imported) })
    }

    /// All of them, that which ships first.
    pub(crate) fn all(&self) -> Result<Vec<Arc<Library>>, Problem> {
        let imported = self.imported.read().unwrap_or_else(PoisonError::into_inner);
        Ok([&content()?.port].into_iter().chain(imported.values()).cloned().collect())
    }

    /// The library with the framework named `ref_id`.
    ///
    /// # Errors
    /// `not_found`.
    pub(crate) fn find(&self, ref_id: &str) -> Result<Found, Problem> {
        let named = |library: &Arc<Library>| library.framework.as_ref().is_some_and(|framework| framework.ref_id == ref_id);
        self.all()?.into_iter().find(named).map(Found).ok_or_else(Problem::not_found)
    }

    /// The library with a urn.
    pub(crate) fn library(&self, urn: &str) -> Option<Arc<Library>> {
        self.imported.read().unwrap_or_else(PoisonError::into_inner).get(urn).cloned()
    }

    /// Adds a library, in place of the one with its urn.
    pub(crate) fn put(&self, library: Library) {
        let mut imported = self.imported.write().unwrap_or_else(PoisonError::into_inner);
        imported.insert(library.urn.clone(), Arc::new(library));
    }

    /// Forgets a library.
    pub(crate) fn remove(&self, urn: &str) {
        self.imported.write().unwrap_or_else(PoisonError::into_inner).remove(urn);
    }
}

/// A library that has a framework.
#[derive(Debug, Clone)]
pub(crate) struct Found(Arc<Library>);

impl Found {
    pub(crate) fn library(&self) -> &Library {
        &self.0
    }

    /// Its framework.
    ///
    /// # Errors
    /// `not_found`, which [`Frameworks::find`] rules out.
    pub(crate) fn framework(&self) -> Result<&Framework, Problem> {
        self.0.framework.as_ref().ok_or_else(Problem::not_found)
    }
}
