//! Pictures of the site, with values on them.

use super::tariffs::refused;
use super::{may, new_id};
use crate::app::Shared;
use crate::pictures::{Kind, MAX_BYTES, Place, examined, faults};
use crate::rights;
use crate::store::documents::DocumentId;
use crate::store::pictures::{self, Picture};
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use haubert_service::api::Api;
use haubert_service::extract::{Json, Path, Query};
use haubert_service::problem::{Problem, codes};
use haubert_service::routes;
use haubert_service::wire::List;
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What their list answers.
type Pictures = List<PictureView>;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::MEASUREMENTS_VIEW), routes!(list_pictures))
        .routes(may(rights::HIERARCHY_CHANGE), routes!(add_picture))
        .routes(may(rights::HIERARCHY_CHANGE), routes!(put_picture, delete_picture))
        .routes(may(rights::MEASUREMENTS_VIEW), routes!(get_picture_image))
}

/// A picture of the site.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Picture)]
struct PictureView {
    id: DocumentId,
    name: String,
    /// Pixels.
    width: u32,
    /// Pixels.
    height: u32,
    places: Vec<Place>,
}

impl From<Picture> for PictureView {
    fn from(picture: Picture) -> Self {
        let Picture { id, name, width, height, places } = picture;
        Self { id, name, width, height, places }
    }
}

/// What a person may change of a picture.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PictureBody {
    /// Shown name.
    name: String,
    /// At most 60 values.
    places: Vec<Place>,
}

/// What a new picture is called.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Named {
    /// At most 80 characters.
    name: String,
}

/// Pictures, by name.
#[utoipa::path(get, path = "/pictures", tag = "site", responses((status = 200, body = Pictures)))]
async fn list_pictures(State(app): State<Shared>) -> Result<Json<Pictures>, Problem> {
    let found = app.read(pictures::all).await?;
    Ok(Json(List::whole(found.into_iter().map(PictureView::from).collect())))
}

/// Adds a picture: the body is the bytes of a PNG or JPEG of at most 2 MiB and 4096 pixels a side.
#[utoipa::path(post, path = "/pictures", tag = "site", params(Named),
    request_body(content = String, content_type = "application/octet-stream"), responses((status = 201, body = PictureView)))]
async fn add_picture(
    State(app): State<Shared>,
    Query(named): Query<Named>,
    body: Body,
) -> Result<(StatusCode, Json<PictureView>), Problem> {
    let name = named.name.trim().to_owned();
    refused(faults(&name, &[]))?;
    let mut pieces = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| Problem::new(codes::BAD_REQUEST).detail("the upload broke off"))?;
        if bytes.len() + piece.len() > MAX_BYTES {
            return Err(Problem::new(codes::TOO_LARGE).detail(format!("at most {MAX_BYTES} bytes")));
        }
        bytes.extend_from_slice(&piece);
    }
    let image = examined(&bytes).map_err(|why| Problem::invalid("image", "not_an_image", why))?;
    let (id, kept) = (DocumentId(new_id()), name.clone());
    app.db.call(move |tx| pictures::add(tx, id, &kept, image, &bytes)).await?;
    let view = PictureView { id, name, width: image.width, height: image.height, places: Vec::new() };
    Ok((StatusCode::CREATED, Json(view)))
}

/// Renames a picture and places values on it.
#[utoipa::path(put, path = "/pictures/{id}", tag = "site", params(("id" = DocumentId, Path)), request_body = PictureBody, responses((status = 200, body = PictureView)))]
async fn put_picture(
    State(app): State<Shared>,
    Path(id): Path<DocumentId>,
    Json(body): Json<PictureBody>,
) -> Result<Json<PictureView>, Problem> {
    refused(faults(&body.name, &body.places))?;
    let topology = app.topology();
    if body.places.iter().any(|place| topology.load(place.load_id).is_none()) {
        return Err(Problem::invalid("places", "not_found", "there is no such load"));
    }
    let changed = app.db.call(move |tx| pictures::change(tx, id, body.name.trim(), &body.places)).await?;
    Ok(Json(changed.into()))
}

/// Deletes a picture.
#[utoipa::path(delete, path = "/pictures/{id}", tag = "site", params(("id" = DocumentId, Path)), responses((status = 204)))]
async fn delete_picture(State(app): State<Shared>, Path(id): Path<DocumentId>) -> Result<StatusCode, Problem> {
    app.db.call(move |tx| pictures::remove(tx, id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The image. It never changes: another one is another picture.
#[utoipa::path(get, path = "/pictures/{id}/image", tag = "site", params(("id" = DocumentId, Path)),
    responses((status = 200, content_type = "image/png", body = String)))]
async fn get_picture_image(State(app): State<Shared>, Path(id): Path<DocumentId>) -> Result<Response, Problem> {
    let (mime, bytes) = app.read(move |tx| pictures::image(tx, id)).await?;
    // Only what we know ourselves is said of it; opened alone it may do nothing.
    let mime = Kind::of(&mime).ok_or_else(Problem::not_found)?.mime();
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(mime)),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("inline")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600")),
    ];
    Ok((headers, bytes).into_response())
}
