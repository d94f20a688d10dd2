//! The typed API of a binary: one declaration gives the route, its description in OpenAPI and who may use it.
//!
//! The description is for documents only: a running program builds none, and its linker leaves that code out. Rejected:
//! separate lists of routes, documents and permissions, checked against each other by tests. Here a route without a declared
//! access does not compile, and the three cannot drift.

use crate::door::{self, Door};
use crate::extract::MAX_BODY;
use crate::guard::{self, Access};
use crate::headers;
use crate::permission::{Permission, RightsTable};
use crate::problem::{FieldProblem, Problem, codes};
use crate::second_factor;
use crate::session::Sessions;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::MethodRouter;
use axum::{Extension, Router};
use std::sync::Arc;
use utoipa::openapi::path::PathItem;
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, ResponseBuilder};
use utoipa::{PartialSchema as _, ToSchema as _};
use utoipa_axum::router::UtoipaMethodRouter;

/// Prefix of every API path.
pub const PREFIX: &str = "/api/v1";

/// The handlers of one path: `routes!(list_sites, create_site)`, each with its `#[utoipa::path]`, here or in a module
/// (`routes!(sites::list)`).
#[macro_export]
macro_rules! routes {
    ($($($part:ident)::+),+ $(,)?) => {
        $crate::api::Handlers {
            served: || {
                let [path, ..] = [$(<$crate::routes!(@described $($part)+) as utoipa::Path>::path()),+];
                let methods = axum::routing::MethodRouter::new();
                $(
                    let described = <$crate::routes!(@described $($part)+) as utoipa::Path>::methods();
                    let methods = described.iter().fold(methods, |methods, method| {
                        methods.on(utoipa_axum::PathItemExt::to_method_filter(method), $($part)::+)
                    });
                )+
                (path, methods)
            },
            described: || utoipa_axum::routes!($($($part)::+),+),
        }
    };
    // What `#[utoipa::path]` derives beside a handler.
    (@described $handler:ident) => { utoipa_axum::paste! { [<__path_ $handler>] } };
    (@described $module:ident $handler:ident) => { utoipa_axum::paste! { $module::[<__path_ $handler>] } };
}

/// The handlers of one path, as [`routes!`](crate::routes) makes them.
pub struct Handlers<V, D> {
    /// Gives the path and what serves it.
    pub served: V,
    /// Gives their description.
    pub described: D,
}

/// Collects declared routes, to serve ([`Served`]) or to describe them ([`Described`]).
pub trait Api<S: Clone + Send + Sync + 'static>: Sized {
    /// Adds the handlers of one path: `api.routes(Access::May(SITES_CHANGE), routes!(put_site, delete_site))`.
    #[must_use]
    fn routes<V, D>(self, access: Access, handlers: Handlers<V, D>) -> Self
    where
        V: FnOnce() -> (String, MethodRouter<S>),
        D: FnOnce() -> UtoipaMethodRouter<S>;

    /// Adds what whoever keeps the accounts may do about second factors.
    #[must_use]
    fn second_factor_keeper(self, view: Permission, change: Permission) -> Self {
        second_factor::routes::keeper(self, view, change)
    }

    /// Adds set-up, session and about.
    #[must_use]
    fn door(self) -> Self {
        door::routes(self)
    }
}

/// What stands between the check of the permission and the handlers of a path.
type Inside<S> = Box<dyn Fn(MethodRouter<S>) -> MethodRouter<S>>;

/// An API that a program serves.
pub struct Served<S> {
    router: Router<S>,
    inside: Option<Inside<S>>,
}

impl<S: Clone + Send + Sync + 'static> Default for Served<S> {
    fn default() -> Self {
        Self { router: Router::new(), inside: None }
    }
}

impl<S: Clone + Send + Sync + 'static> Api<S> for Served<S> {
    fn routes<V, D>(self, access: Access, handlers: Handlers<V, D>) -> Self
    where
        V: FnOnce() -> (String, MethodRouter<S>),
        D: FnOnce() -> UtoipaMethodRouter<S>,
    {
        let (path, mut methods) = (handlers.served)();
        if let Some(inside) = &self.inside {
            methods = inside(methods);
        }
        let router = self.router.route(&path, methods.route_layer(from_fn_with_state(access, guard::require)));
        Self { router, ..self }
    }
}

impl<S: Clone + Send + Sync + 'static> Served<S> {
    /// Routes that are added from now on have `inside` around their handlers, after the check of the permission.
    #[must_use]
    pub fn inside(self, inside: impl Fn(MethodRouter<S>) -> MethodRouter<S> + 'static) -> Self {
        Self { inside: Some(Box::new(inside)), ..self }
    }

    /// Everything under the prefix: look-up of the session and checks before every route, limits, answers for unknown paths.
    /// Headers and static files come around it.
    pub fn build(self, state: S, sessions: Sessions, door: Arc<Door>) -> Router {
        let router = self
            .router
            .fallback(|| async { Problem::not_found() })
            .method_not_allowed_fallback(|| async { Problem::new(codes::METHOD_NOT_ALLOWED) })
            .layer(from_fn_with_state(sessions, guard::admit))
            .layer(Extension(door.rights().clone()))
            .layer(Extension(door))
            .layer(DefaultBodyLimit::max(MAX_BODY))
            .with_state(state);
        Router::new().nest(PREFIX, router)
    }
}

/// One route and who may use it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RouteEntry {
    /// Path under the prefix, with `{parameters}`.
    pub path: String,
    /// HTTP method, upper case.
    pub method: &'static str,
    /// Who may use it: `everybody`, `signed in`, `signed in, own password`, or the permission that it takes (`sources:change`).
    pub access: String,
}

/// An API that is described.
pub struct Described {
    /// The description, without the prefix.
    openapi: OpenApi,
    /// Every route.
    table: Vec<RouteEntry>,
}

impl<S: Clone + Send + Sync + 'static> Api<S> for Described {
    fn routes<V, D>(mut self, access: Access, handlers: Handlers<V, D>) -> Self
    where
        V: FnOnce() -> (String, MethodRouter<S>),
        D: FnOnce() -> UtoipaMethodRouter<S>,
    {
        let (schemas, paths, _) = (handlers.described)();
        for (path, mut item) in paths.paths {
            for (method, operation) in operations(&mut item) {
                self.table.push(RouteEntry { path: path.clone(), method, access: describe(access) });
                operation.responses.responses.entry("default".to_owned()).or_insert_with(problem_response);
                let note = format!("Access: {}.", describe(access));
                operation.description = Some(match operation.description.take() {
                    Some(text) if !text.is_empty() => format!("{text}\n\n{note}"),
                    _ => note,
                });
            }
            let known = &mut self.openapi.paths.paths;
            match known.get_mut(&path) {
                Some(known) => known.merge_operations(item),
                None => {
                    known.insert(path, item);
                }
            }
        }
        self.openapi.components.get_or_insert_default().schemas.extend(schemas);
        self
    }
}

impl Described {
    /// An API described by `openapi` (title, version, tags), without routes yet.
    pub fn new(openapi: OpenApi) -> Self {
        Self { openapi, table: Vec::new() }
    }

    /// The whole description, and every route, sorted by path.
    pub fn finish(self) -> (OpenApi, Vec<RouteEntry>) {
        let Self { mut openapi, mut table } = self;
        table.sort();
        let schemas = &mut openapi.components.get_or_insert_default().schemas;
        schemas.insert(Problem::name().into_owned(), Problem::schema());
        schemas.insert(FieldProblem::name().into_owned(), FieldProblem::schema());
        let paths = std::mem::take(&mut openapi.paths.paths);
        openapi.paths.paths = paths.into_iter().map(|(path, item)| (format!("{PREFIX}{path}"), item)).collect();
        (openapi, table)
    }
}

/// Wraps everything a port serves (API, link, files): security headers.
pub fn outermost(router: Router) -> Router {
    router.layer(from_fn(headers::add))
}

/// The table of routes as a Markdown document, with the profiles that have each permission in `defaults`.
pub fn routes_markdown(title: &str, table: &[RouteEntry], defaults: &RightsTable) -> String {
    let mut text = format!(
        "# {title}\n\nGenerated by a test from the declarations. Prefix: `{PREFIX}`. The profiles are those of the table as shipped.\n\n\
         | method | path | permission | profiles |\n|---|---|---|---|\n"
    );
    for RouteEntry { path, method, access } in table {
        let profiles = defaults.profiles_with(access).join(", ");
        let profiles = if profiles.is_empty() { "–" } else { &profiles };
        text.push_str(&format!("| {method} | `{path}` | {access} | {profiles} |\n"));
    }
    text
}

/// The table profile × permission as a Markdown document; a permission that no route takes is not in it.
pub fn rights_markdown(title: &str, table: &[RouteEntry], defaults: &RightsTable) -> String {
    let profiles: Vec<&str> = defaults.0.keys().map(String::as_str).collect();
    let mut text = format!(
        "# {title}\n\nGenerated by a test from the declarations: the table as shipped.\n\n| permission | {} |\n|---|{}\n",
        profiles.join(" | "),
        "---|".repeat(profiles.len())
    );
    let taken: std::collections::BTreeSet<&str> =
        table.iter().map(|entry| entry.access.as_str()).filter(|access| access.contains(':')).collect();
    for permission in taken {
        let marks: Vec<&str> =
            profiles.iter().map(|profile| if defaults.allows(profile, permission) { "yes" } else { "–" }).collect();
        text.push_str(&format!("| {permission} | {} |\n", marks.join(" | ")));
    }
    text
}

fn describe(access: Access) -> String {
    match access {
        Access::Public => "everybody".to_owned(),
        Access::Own => "signed in".to_owned(),
        Access::OwnSettled => "signed in, own password".to_owned(),
        Access::May(permission) => permission.to_string(),
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut utoipa::openapi::path::Operation)> {
    [
        ("GET", item.get.as_mut()),
        ("POST", item.post.as_mut()),
        ("PUT", item.put.as_mut()),
        ("PATCH", item.patch.as_mut()),
        ("DELETE", item.delete.as_mut()),
    ]
    .into_iter()
    .filter_map(|(method, operation)| operation.map(|operation| (method, operation)))
}

fn problem_response() -> RefOr<utoipa::openapi::Response> {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    RefOr::T(ResponseBuilder::new().description("A problem (RFC 9457)").content("application/problem+json", content).build())
}
