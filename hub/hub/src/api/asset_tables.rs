//! The inventory as a table: brought in, looked at before it counts, and taken along.

use super::assessments::CHANGED_MEANWHILE;
use super::assets::{blank, described, draft, told};
use super::tables::{self, Wanted};
use crate::frameworks;
use crate::hub::Hub;
use crate::store::Changed;
use crate::store::entity::inventory::asset;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use haubert_model::{OrganisationId, Timestamp, Words};
use haubert_risk::content::Family;
use haubert_risk::inventory::{Around, Field, Heading, HeadingFault, Known, Named, Outcome, RowState, plan};
use haubert_service::extract::{Json, Path, Query};
use haubert_service::problem::{Code, Problem};
use haubert_service::session::Session;
use haubert_tables::{Cell, Column, Language, Table};
use serde::{Deserialize, Serialize};

const HEADING: Code = Code::new("heading_not_valid", 422, "The heading of the table is not one of an inventory");
/// Sites that an import may name.
const MAX_SITES: u64 = 10_000;

/// Whether an import counts.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ImportQuery {
    /// Only tells what would become of each row.
    dry_run: bool,
}

/// Why a row is refused.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AssetRowFault)]
struct FaultView {
    field: Field,
    /// Stable code.
    code: &'static str,
    /// In English.
    message: String,
}

/// What becomes of a row.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AssetRow)]
struct RowView {
    /// Where it stands in the file, from 1.
    line: u64,
    name: String,
    state: RowState,
    /// The asset that it means, when that is there.
    #[schema(required)]
    asset_id: Option<String>,
    /// What changes of it.
    changed: Vec<Field>,
    faults: Vec<FaultView>,
}

/// What becomes of a table.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AssetImport)]
pub(super) struct ImportView {
    dry_run: bool,
    added: usize,
    changed: usize,
    unchanged: usize,
    refused: usize,
    /// Headings that mean nothing here; their columns are left out.
    unknown_columns: Vec<String>,
    rows: Vec<RowView>,
}

fn heading_fault(fault: &HeadingFault) -> Problem {
    let problem = Problem::new(HEADING).detail(fault);
    match fault {
        HeadingFault::NoName => problem.field(Field::Name.key(), "required", fault),
        HeadingFault::Twice(field) => problem.field(field.key(), "twice", fault),
    }
}

async fn places(hub: &Hub, of: OrganisationId) -> Result<(Vec<Named>, Vec<Named>), Problem> {
    let sites = hub.store.sites(Some(of), "", MAX_SITES).await?;
    let zones = hub.store.zones(of).await?;
    let sites = sites.into_iter().map(|row| Named { id: row.id, name: row.name }).collect();
    Ok((sites, zones.into_iter().map(|row| Named { id: row.id, name: row.name }).collect()))
}

fn row_view(outcome: &Outcome, known: &[asset::Model]) -> RowView {
    let view =
        |fault: &haubert_risk::inventory::Fault| FaultView { field: fault.field, code: fault.code, message: fault.text.clone() };
    RowView {
        line: outcome.line,
        name: outcome.draft.name.clone(),
        state: outcome.state,
        asset_id: outcome.known.and_then(|at| known.get(at)).map(|row| row.id.clone()),
        changed: outcome.changed.clone(),
        faults: outcome.faults.iter().map(view).collect(),
    }
}

/// Brings in a table: CSV or XLSX, headed in English or French. Rows that are refused are left out, the others count together.
#[utoipa::path(post, path = "/organisations/{id}/assets/import", tag = "assets", operation_id = "import_assets", description = "Takes CSV or XLSX, at most 2 MiB and 5,000 rows, headed in English or French. With dry_run it only tells what would become of each row.", params(("id" = OrganisationId, Path), ImportQuery), request_body(content = String, content_type = "application/octet-stream"), responses((status = 200, body = ImportView)))]
pub(super) async fn import(
    State(hub): State<Hub>,
    session: Session,
    Path(id): Path<OrganisationId>,
    Query(query): Query<ImportQuery>,
    body: Body,
) -> Result<Json<ImportView>, Problem> {
    super::organisations::found(&hub, id).await?;
    let rows = tables::take(body).await?;
    let Some((first, rows)) = rows.split_first() else { return Err(heading_fault(&HeadingFault::NoName)) };
    let heading = Heading::read(&first.cells).map_err(|fault| heading_fault(&fault))?;
    let present = hub.store.all_assets(id).await?;
    let known: Vec<Known> = present.iter().map(|row| Known { id: row.id.clone(), draft: draft(row), told: told(row) }).collect();
    let (sites, zones) = places(&hub, id).await?;
    let classes = &frameworks::content()?.taxonomies.assets.items;
    let around = Around { classes, known: &known, sites: &sites, zones: &zones };
    let outcomes = plan(&heading, rows.iter().map(|row| (row.line, row.cells.as_slice())), around);
    if !query.dry_run {
        keep(&hub, id, &session.user_name, &outcomes, &present).await?;
    }
    let count = |state: RowState| outcomes.iter().filter(|outcome| outcome.state == state).count();
    Ok(Json(ImportView {
        dry_run: query.dry_run,
        added: count(RowState::New),
        changed: count(RowState::Changed),
        unchanged: count(RowState::Unchanged),
        refused: count(RowState::Refused),
        unknown_columns: heading.unknown,
        rows: outcomes.iter().map(|outcome| row_view(outcome, &present)).collect(),
    }))
}

async fn keep(hub: &Hub, of: OrganisationId, by: &str, outcomes: &[Outcome], present: &[asset::Model]) -> Result<(), Problem> {
    let (mut added, mut changed) = (Vec::new(), Vec::new());
    for outcome in outcomes {
        match (outcome.state, outcome.known.and_then(|at| present.get(at))) {
            (RowState::New, _) => added.push(described(blank(hub, of)?, outcome.draft.clone(), by, hub.now())),
            (RowState::Changed, Some(row)) => {
                changed.push((described(row.clone(), outcome.draft.clone(), by, hub.now()), row.revision));
            }
            _ => {}
        }
    }
    match hub.store.import_assets(added, changed).await? {
        Changed::Kept(()) => Ok(()),
        Changed::Meanwhile => Err(Problem::new(CHANGED_MEANWHILE)),
    }
}

fn name_of<'a>(id: Option<&String>, things: &'a [Named]) -> &'a str {
    id.and_then(|id| things.iter().find(|thing| thing.id == *id)).map_or("", |thing| thing.name.as_str())
}

/// The inventory as a table that can be brought back in. `classes` give classes and kinds their names.
fn table(rows: &[asset::Model], (sites, zones): (&[Named], &[Named]), classes: &[Family], language: Language) -> Table {
    let mut columns: Vec<Column> = Field::ALL
        .into_iter()
        .map(|field| {
            let (en, fr) = field.title();
            Column::new(field.key(), en, fr)
        })
        .collect();
    columns.push(Column::new("gone_at", "Gone since", "Parti depuis"));
    let line = |row: &asset::Model| {
        let draft = draft(row);
        let class = classes.iter().find(|class| class.id == draft.class);
        let kind = class.and_then(|class| class.entries.iter().find(|entry| Some(&entry.id) == draft.kind.as_ref()));
        let cell = |field: Field| match field {
            Field::Id => Cell::text(row.id.as_str()),
            Field::Class => Cell::text(class.map_or(draft.class.as_str(), |class| language.of(&class.title))),
            Field::Kind => Cell::text(kind.map_or("", |kind| language.of(&kind.title))),
            Field::Site => Cell::text(name_of(draft.site.as_ref(), sites)),
            Field::Zone => Cell::text(name_of(draft.zone.as_ref(), zones)),
            Field::Criticality => Cell::Number(f64::from(draft.criticality)),
            other => Cell::text(draft.text(other)),
        };
        let mut cells: Vec<Cell> = Field::ALL.into_iter().map(cell).collect();
        cells.push(row.gone_at.map_or(Cell::Empty, |at| Cell::Time(Timestamp(at))));
        cells
    };
    Table {
        title: Words { en: "Inventory".to_owned(), fr: "Inventaire".to_owned() },
        columns,
        rows: rows.iter().map(line).collect(),
    }
}

#[utoipa::path(get, path = "/organisations/{id}/assets/table", tag = "assets", operation_id = "export_assets", params(("id" = OrganisationId, Path), Wanted), responses((status = 200, content_type = "text/csv", body = String)))]
pub(super) async fn export(
    State(hub): State<Hub>,
    Path(id): Path<OrganisationId>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    super::organisations::found(&hub, id).await?;
    let (sites, zones) = places(&hub, id).await?;
    let classes = &frameworks::content()?.taxonomies.assets.items;
    let table = table(&hub.store.all_assets(id).await?, (&sites, &zones), classes, wanted.language());
    tables::give(&hub, "inventory", wanted, table).await
}
