//! The frameworks that a hub has.

use haubert_risk::content::Content;
use haubert_risk::{Framework, Node};
use haubert_service::problem::Problem;

/// What ships.
pub(crate) fn content() -> Result<&'static Content, Problem> {
    Content::shipped().map_err(|error| Problem::internal("read the content", error))
}

/// The framework named `ref_id`.
///
/// # Errors
/// `not_found`.
pub(crate) fn framework(ref_id: &str) -> Result<&'static Framework, Problem> {
    port()?.filter(|framework| framework.ref_id == ref_id).ok_or_else(Problem::not_found)
}

/// The port framework, which everything about where an organisation stands rests on.
pub(crate) fn port() -> Result<Option<&'static Framework>, Problem> {
    Ok(content()?.port.framework.as_ref())
}

/// A measure's own short name, such as `TEC-21`; its urn where it has none.
pub(crate) fn short_name(node: &Node) -> &str {
    node.ref_id.as_deref().unwrap_or(&node.urn)
}
