//! Libraries: frameworks and mappings that were written elsewhere, in the format of CISO Assistant.

use super::frameworks::{SummaryView as FrameworkSummary, summary};
use super::upload::receive;
use crate::frameworks::is_shipped;
use crate::hub::Hub;
use crate::store::entity::register::library as table;
use axum::body::Body;
use axum::extract::State;
use haubert_model::Timestamp;
use haubert_risk::library::{self, Library, LibraryError, Licence, MAX_BYTES};
use haubert_service::extract::{Json, Path, Query};
use haubert_service::problem::{Code, Problem, codes};
use haubert_service::session::Session;
use haubert_service::wire::{List, Time};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

const NOT_A_LIBRARY: Code = Code::new("not_a_library", 422, "This is no library that can be used");
const OLDER: Code = Code::new("older_library", 409, "A newer version of this library is there already");
const SAME_VERSION: Code =
    Code::new("same_version", 409, "This version of the library is there already, and says something else");
const IN_USE: Code = Code::new("library_in_use", 409, "Assessments rest on this library");
/// Longest reason, in characters.
const MAX_REASON: usize = 1_000;

/// What importing a library does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LibraryChange)]
enum Change {
    /// It is not there yet.
    New,
    /// It takes the place of an older version.
    Newer,
    /// It is there already.
    Same,
}

/// A library.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Library)]
pub(super) struct LibraryView {
    id: String,
    urn: String,
    ref_id: String,
    name: String,
    description: String,
    #[schema(required)]
    provider: Option<String>,
    /// Who put it into this form.
    #[schema(required)]
    packager: Option<String>,
    #[schema(required)]
    copyright: Option<String>,
    licence: Licence,
    /// Why it may be used, where it does not say so itself.
    #[schema(required)]
    entitled_because: Option<String>,
    version: u64,
    languages: BTreeSet<String>,
    #[schema(required)]
    framework: Option<FrameworkSummary>,
    /// Pairs of requirements that belong together.
    mappings: usize,
    imported_at: Time,
    imported_by: String,
}

/// What their list answers.
type LibraryViewList = List<LibraryView>;

/// What importing a library does, or has done.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = LibraryImport)]
pub(super) struct ImportView {
    change: Change,
    library: LibraryView,
}

/// How to import.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Import {
    /// Only says what would be done.
    #[serde(default)]
    dry_run: bool,
    /// Why it may be used: needed when the library does not name a licence that lets anybody use it.
    #[serde(default)]
    entitled_because: String,
    /// In which language names are answered.
    #[serde(default)]
    lang: String,
}

/// In which language.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Language {
    /// Two letters, such as `fr`.
    #[serde(default)]
    lang: String,
}

fn view(row: table::Model, library: &Library, lang: &str) -> LibraryView {
    LibraryView {
        id: row.id,
        urn: library.urn.clone(),
        ref_id: library.ref_id.clone(),
        name: library.name.get(lang).to_owned(),
        description: library.description.get(lang).to_owned(),
        provider: library.provider.clone(),
        packager: library.packager.clone(),
        copyright: library.copyright_in(lang),
        licence: library.licence(),
        entitled_because: row.entitled_because,
        version: library.version,
        languages: library.languages(),
        framework: library.framework.as_ref().map(|framework| summary(library, framework, lang)),
        mappings: library.mappings.iter().map(|set| set.mappings.len()).sum(),
        imported_at: Time(Timestamp(row.imported_at)),
        imported_by: row.imported_by,
    }
}

#[utoipa::path(get, path = "/libraries", tag = "frameworks", operation_id = "list_libraries", params(Language), responses((status = 200, body = LibraryViewList)))]
pub(super) async fn list(
    State(hub): State<Hub>,
    Query(Language { lang }): Query<Language>,
) -> Result<Json<List<LibraryView>>, Problem> {
    let rows = hub.store.libraries().await?;
    let shown = rows.into_iter().filter_map(|row| {
        let library = hub.frameworks.library(&row.urn)?;
        Some(view(row, &library, &lang))
    });
    Ok(Json(List::whole(shown.collect())))
}

fn refusal(error: &LibraryError) -> Problem {
    Problem::new(NOT_A_LIBRARY).detail(error)
}

async fn read(body: Body) -> Result<(String, Library), Problem> {
    let bytes = receive(body, MAX_BYTES).await?;
    let Ok(text) = String::from_utf8(bytes.into()) else {
        return Err(Problem::new(NOT_A_LIBRARY).detail("it is not text in UTF-8"));
    };
    // A large one takes a second.
    let read = tokio::task::spawn_blocking(move || library::read(&text).map(|library| (text, library)));
    let read = read.await.map_err(|_| Problem::new(codes::UNAVAILABLE))?;
    read.map_err(|error| refusal(&error))
}

/// Whether what names its framework is free.
fn usable(hub: &Hub, library: &Library) -> Result<(), Problem> {
    let refused = |why: &str| Err(Problem::new(NOT_A_LIBRARY).detail(why));
    if is_shipped(library) {
        return refused("this library ships with the program");
    }
    let Some(framework) = &library.framework else {
        return if library.mappings.is_empty() { refused("it has neither a framework nor mappings") } else { Ok(()) };
    };
    if framework.ref_id.is_empty() {
        return refused("its framework needs a ref_id");
    }
    if framework.measures().next().is_none() {
        return refused("its framework asks nothing");
    }
    match hub.frameworks.find(&framework.ref_id) {
        Ok(other) if other.library().urn != library.urn => {
            refused(&format!("{} has a framework with the ref_id {} already", other.library().urn, framework.ref_id))
        }
        _ => Ok(()),
    }
}

fn change(before: Option<(&table::Model, &Library)>, text: &str, library: &Library) -> Result<Change, Problem> {
    match before {
        None => Ok(Change::New),
        Some((_, before)) if before.version < library.version => Ok(Change::Newer),
        Some((_, before)) if before.version > library.version => Err(Problem::new(OLDER)),
        Some((row, _)) if row.document == text => Ok(Change::Same),
        Some(_) => Err(Problem::new(SAME_VERSION)),
    }
}

#[utoipa::path(post, path = "/libraries", tag = "frameworks", operation_id = "import_library", params(Import), description = "Takes a library as CISO Assistant writes it. A newer version takes the place of the one that is there; answers stay.", request_body(content = String, content_type = "application/yaml"), responses((status = 200, body = ImportView)))]
pub(super) async fn import(
    State(hub): State<Hub>,
    session: Session,
    Query(asked): Query<Import>,
    body: Body,
) -> Result<Json<ImportView>, Problem> {
    let (document, library) = read(body).await?;
    usable(&hub, &library)?;
    let before = hub.store.libraries().await?.into_iter().find(|row| row.urn == library.urn);
    let known = hub.frameworks.library(&library.urn);
    let change = change(before.as_ref().zip(known.as_deref()), &document, &library)?;
    let reason = asked.entitled_because.trim().to_owned();
    if reason.chars().count() > MAX_REASON {
        return Err(Problem::invalid("entitled_because", "too_long", format!("at most {MAX_REASON} characters")));
    }
    let is_open = library.licence() == Licence::Open;
    let row = table::Model {
        id: match before {
            Some(before) => before.id,
            None => hub.new_id()?.to_string(),
        },
        urn: library.urn.clone(),
        document,
        entitled_because: (!reason.is_empty()).then_some(reason),
        imported_at: hub.now().as_millis(),
        imported_by: session.user_name,
    };
    let shown = view(table::Model { document: String::new(), ..row.clone() }, &library, &asked.lang);
    if !asked.dry_run && change != Change::Same {
        if !is_open && row.entitled_because.is_none() {
            return Err(Problem::invalid(
                "entitled_because",
                "required",
                "the library names no licence that lets anybody use it",
            ));
        }
        hub.store.set_library(row).await?;
        hub.frameworks.put(library);
    }
    Ok(Json(ImportView { change, library: shown }))
}

#[utoipa::path(delete, path = "/libraries/{library}", tag = "frameworks", operation_id = "delete_library", params(("library" = String, Path)), responses((status = 204)))]
pub(super) async fn remove(State(hub): State<Hub>, Path(library): Path<String>) -> Result<StatusCode, Problem> {
    let rows = hub.store.libraries().await?;
    let row = rows.into_iter().find(|row| row.id == library).ok_or_else(Problem::not_found)?;
    let framework = hub.frameworks.library(&row.urn).and_then(|known| Some(known.framework.as_ref()?.ref_id.clone()));
    if let Some(framework) = framework
        && hub.store.is_assessed(&framework).await?
    {
        return Err(Problem::new(IN_USE));
    }
    hub.store.remove_library(&row.urn).await?;
    hub.frameworks.remove(&row.urn);
    Ok(StatusCode::NO_CONTENT)
}
