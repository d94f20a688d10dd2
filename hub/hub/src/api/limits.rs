//! What the hub takes at most, so that a form can say it before something is refused.

use super::evidence::{MAX_LINKS, MAX_NOTE};
use super::labels;
use crate::evidence::{Kind, MAX_FILE};
use crate::hub::Hub;
use axum::extract::State;
use haubert_service::extract::Json;
use serde::Serialize;

/// A kind of file that is taken.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = EvidenceKindTaken)]
struct KindView {
    kind: Kind,
    /// Endings that its name may have, without a dot.
    endings: Vec<&'static str>,
}

/// Of evidence.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = EvidenceLimits)]
struct EvidenceView {
    /// Bytes of a file.
    file_bytes: u64,
    /// Bytes of all files of an organisation.
    organisation_bytes: u64,
    /// Characters of what is said of a file.
    note_characters: usize,
    /// Measures that one evidence is attached to.
    links: usize,
    kinds: Vec<KindView>,
}

/// Of labels.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = LabelLimits)]
struct LabelView {
    /// Characters of why one is withdrawn.
    reason_characters: usize,
}

/// The most that is taken.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Limits)]
pub(super) struct LimitsView {
    evidence: EvidenceView,
    label: LabelView,
}

#[utoipa::path(get, path = "/limits", tag = "standing", operation_id = "read_limits", responses((status = 200, body = LimitsView)))]
pub(super) async fn read(State(hub): State<Hub>) -> Json<LimitsView> {
    let kinds = Kind::ALL.map(|kind| KindView { kind, endings: kind.endings().to_vec() });
    Json(LimitsView {
        evidence: EvidenceView {
            file_bytes: MAX_FILE,
            organisation_bytes: hub.evidence.limit(),
            note_characters: MAX_NOTE,
            links: MAX_LINKS,
            kinds: kinds.into(),
        },
        label: LabelView { reason_characters: labels::MAX_REASON },
    })
}
