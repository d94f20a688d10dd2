//! The good-practice guide.

use crate::frameworks::{self, short_name};
use crate::standing::words;
use haubert_model::Words;
use haubert_risk::content::{Content, Effort, Keywords, References, Sheet, Spend, Takes};
use haubert_risk::{Framework, Importance, Node};
use haubert_service::extract::{Json, Path};
use haubert_service::problem::Problem;
use haubert_service::wire::List;
use serde::Serialize;

/// A sheet, as the list shows it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = GuideEntry)]
pub(super) struct EntryView {
    measure: String,
    name: Words,
    theme: Words,
    importance: Importance,
    effort: Effort,
    cost: Spend,
    summary: Words,
    keywords: Keywords,
}

/// What the list answers.
type EntryViewList = List<EntryView>;

/// A sheet.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = GuideSheet)]
pub(super) struct SheetView {
    measure: String,
    name: Words,
    description: Words,
    importance: Importance,
    effort: Effort,
    cost: Spend,
    sheet: Sheet,
    references: References,
}

fn takes<'a>(content: &'a Content, measure: &str) -> Option<&'a Takes> {
    content.companion.cost.iter().find(|takes| takes.measure == measure)
}

fn entry(content: &Content, framework: &Framework, node: &Node) -> Option<EntryView> {
    let measure = short_name(node);
    let (sheet, takes) = (content.guide.get(measure)?, takes(content, measure)?);
    Some(EntryView {
        measure: measure.to_owned(),
        name: words(&node.name),
        theme: words(&framework.theme(node).name),
        importance: node.importance,
        effort: takes.effort,
        cost: takes.cost,
        summary: sheet.summary.clone(),
        keywords: sheet.keywords.clone(),
    })
}

#[utoipa::path(get, path = "/guide", tag = "guide", operation_id = "list_guide", responses((status = 200, body = EntryViewList)))]
pub(super) async fn list() -> Result<Json<List<EntryView>>, Problem> {
    let content = frameworks::content()?;
    let entries = frameworks::port()?.into_iter();
    let entries = entries.flat_map(|framework| framework.measures().filter_map(|node| entry(content, framework, node)));
    Ok(Json(List { items: entries.collect(), next_cursor: None }))
}

#[utoipa::path(get, path = "/guide/{measure}", tag = "guide", operation_id = "read_guide", params(("measure" = String, Path)), responses((status = 200, body = SheetView)))]
pub(super) async fn read(Path(measure): Path<String>) -> Result<Json<SheetView>, Problem> {
    let content = frameworks::content()?;
    let node = frameworks::port()?.and_then(|framework| framework.measures().find(|node| short_name(node) == measure));
    let found = (node, content.guide.get(&measure), takes(content, &measure), content.references.get(&measure));
    let (Some(node), Some(sheet), Some(takes), Some(references)) = found else { return Err(Problem::not_found()) };
    Ok(Json(SheetView {
        name: words(&node.name),
        description: words(&node.description),
        importance: node.importance,
        effort: takes.effort,
        cost: takes.cost,
        sheet: sheet.clone(),
        references: references.clone(),
        measure,
    }))
}
