//! Lists as tables: to take along, and to bring back.

use super::upload::receive;
use crate::hub::Hub;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use haubert_service::problem::{Code, Problem};
use haubert_tables::{Language, Limits, ReadError, Row, Table};
use http::header;
use serde::Deserialize;

/// Rows of a table that is sent, without its heading.
pub(super) const MAX_ROWS: usize = 5_000;
/// Largest table that is sent, in bytes.
pub(super) const MAX_BYTES: usize = 2 * 1024 * 1024;
const LIMITS: Limits = Limits { bytes: MAX_BYTES, rows: MAX_ROWS + 1, columns: 64, cell: 10_000 };

/// The form of a table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TableForm)]
pub(super) enum Form {
    /// With a comma in English, with a semicolon in French.
    #[default]
    Csv,
    Xlsx,
    Json,
}

/// Whose words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TableLanguage)]
pub(super) enum Words {
    #[default]
    En,
    Fr,
}

/// How a table is wanted.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    #[serde(default)]
    #[param(inline)]
    form: Form,
    #[serde(default)]
    #[param(inline)]
    lang: Words,
}

impl Wanted {
    pub(super) const fn language(self) -> Language {
        match self.lang {
            Words::En => Language::En,
            Words::Fr => Language::Fr,
        }
    }
}

/// The table as it is wanted, as a file named after `name`. Hard work: off the async workers.
pub(super) async fn give(hub: &Hub, name: &str, wanted: Wanted, table: Table) -> Result<Response, Problem> {
    let (now, language) = (hub.now(), wanted.language());
    let written = tokio::task::spawn_blocking(move || match wanted.form {
        Form::Csv => table.csv(language),
        Form::Xlsx => table.xlsx(language, now),
        Form::Json => Ok(table.json(language).to_string().into_bytes()),
    });
    let written = written.await.map_err(|error| Problem::internal("write a table", &error))?;
    let bytes = written.map_err(|error| Problem::internal("write a table", &error))?;
    let (kind, ending) = match wanted.form {
        Form::Csv => ("text/csv; charset=utf-8", "csv"),
        Form::Xlsx => ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
        Form::Json => ("application/json", "json"),
    };
    let file = format!("attachment; filename=\"{name}.{ending}\"");
    Ok(([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, file)], bytes).into_response())
}

/// The rows of a table that somebody sends. Hard work: off the async workers.
pub(super) async fn take(body: Body) -> Result<Vec<Row>, Problem> {
    let bytes = receive(body, MAX_BYTES).await?;
    let read = tokio::task::spawn_blocking(move || haubert_tables::read(&bytes, LIMITS)).await;
    let read = read.map_err(|error| Problem::internal("read a table", &error))?;
    read.map_err(|error| unread(&error))
}

fn unread(error: &ReadError) -> Problem {
    Problem::new(Code::new(error.code(), 422, "This table is not taken")).detail(error)
}
