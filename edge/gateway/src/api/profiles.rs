//! Device profiles: those that ship and the site's own, which are added, replaced and removed here.

use super::may;
use crate::app::{App, Shared};
use crate::policy::Service;
use crate::profiles::{Origin, SaveError};
use crate::rights;
use axum::extract::State;
use haubert_content::{
    Addressing, ChannelSpec, MAX_PROFILE_BYTES, Point, Profile, ProfileError, ProfileId, RegisterType, WordOrder,
};
use haubert_model::{DeviceId, Fluid, Quantity};
use haubert_service::api::Api;
use haubert_service::extract::{Json, Path};
use haubert_service::problem::{Code, Problem, codes};
use haubert_service::routes;
use haubert_service::wire::List;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The profile file is wrong.
pub(super) const PROFILE_WRONG: Code = Code::new("profile_wrong", 422, "The device profile is not right");
/// The name is not free.
const PROFILE_EXISTS: Code = Code::new("profile_exists", 409, "There is a profile of this name already");
/// The name belongs to a profile that ships.
const PROFILE_BUILT_IN: Code = Code::new("profile_built_in", 409, "This profile ships with the gateway and stays as it is");
/// Devices are read by it.
const PROFILE_IN_USE: Code = Code::new("profile_in_use", 409, "Devices are read by this profile");

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::DEVICE_PROFILES_VIEW), routes!(list_profiles))
        .routes(may(rights::DEVICE_PROFILES_VIEW), routes!(get_profile))
        .routes(may(rights::DEVICE_PROFILES_CHANGE), routes!(put_profile, delete_profile))
        .routes(may(rights::DEVICE_PROFILES_CHANGE), routes!(check_profile))
}

/// A device profile.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Profile)]
struct ProfileView {
    id: String,
    vendor: String,
    model: String,
    family: String,
    /// Checked against the vendor's own document or a real device.
    verified: bool,
    source: String,
    fluids: Vec<Fluid>,
    /// Loads that it can measure.
    channels: u8,
    /// It says how the device's own log is read back after an outage.
    has_log: bool,
    /// Where it comes from.
    origin: Origin,
    /// Devices that are read by it.
    used_by: Vec<ProfileUse>,
}

/// A device that is read by a profile.
#[derive(Debug, Serialize, ToSchema)]
struct ProfileUse {
    id: DeviceId,
    name: String,
}

/// An own file that cannot be used.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProfileFault)]
pub(super) struct FaultView {
    /// Name of the file under the folder of own profiles.
    file: String,
    /// Line, from 1.
    #[schema(required)]
    line: Option<usize>,
    /// Key of the faulty field.
    #[schema(required)]
    field: Option<String>,
    /// What is wrong, and what would be right.
    message: String,
}

/// A profile with its register map.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProfileDetail)]
struct DetailView {
    #[serde(flatten)]
    profile: ProfileView,
    /// The file as written.
    text: String,
    #[serde(flatten)]
    map: MapView,
}

/// The register map of a profile.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProfileMap)]
pub(super) struct MapView {
    /// Most registers of one request.
    max_registers: u16,
    /// Registers from one load to the next.
    channel_stride: u16,
    /// SunSpec models to whose first register the addresses are relative; none when they are absolute.
    sunspec_models: Vec<u16>,
    /// What it is recognised by, as `socomec: countis e3`.
    recognised_by: Vec<String>,
    points: Vec<PointView>,
    /// What its documents leave open.
    alternatives: Vec<AlternativeView>,
}

/// One quantity of a profile.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProfilePoint)]
struct PointView {
    quantity: Quantity,
    /// Load that has it; each when absent.
    #[schema(required)]
    channel: Option<u8>,
    /// Function that reads it: 3 or 4.
    function: u8,
    /// First register, of load 1.
    address: u16,
    kind: String,
    /// The least significant register comes first.
    low_first: bool,
    /// Value of one step, in the unit.
    scale: f64,
    /// Symbol of the unit.
    unit: String,
    /// Register with a power of ten.
    #[schema(required)]
    scale_register: Option<u16>,
    /// First register of a further number that is added.
    #[schema(required)]
    plus: Option<u16>,
    /// Least and greatest value that is believed.
    #[schema(required)]
    plausible: Option<(f64, f64)>,
    /// Versions of the register table that have it.
    #[schema(required)]
    tables: Option<(u16, u16)>,
}

/// A question that documents leave open.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProfileAlternative)]
struct AlternativeView {
    name: String,
    why: String,
    quantities: Vec<Quantity>,
    options: Vec<OptionView>,
}

/// An answer to it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProfileOption)]
struct OptionView {
    name: String,
    /// First register of the watched counter under this answer.
    #[schema(required)]
    address: Option<u16>,
}

/// A profile file.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ProfileBody {
    /// TOML, at most 64 KiB.
    text: String,
    /// Takes the place of the own profile of this name.
    #[serde(default)]
    replace: bool,
}

/// A file to be checked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CheckBody {
    /// Name that it would have: `vendor/model`.
    id: String,
    /// TOML, at most 64 KiB.
    text: String,
}

/// What a check found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProfileCheck)]
struct CheckView {
    /// Why the file is refused; it is good when absent.
    #[schema(required)]
    fault: Option<FaultView>,
    /// What the name already belongs to.
    #[schema(required)]
    taken: Option<Origin>,
    /// The register map that the file describes.
    #[schema(required)]
    map: Option<MapView>,
}

/// The profiles of a list.
type ProfileViewList = List<ProfileView>;

/// The profiles, and own files that cannot be used.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Profiles)]
struct ProfilesView {
    #[serde(flatten)]
    list: ProfileViewList,
    faults: Vec<FaultView>,
}

impl From<ProfileError> for FaultView {
    fn from(error: ProfileError) -> Self {
        Self { file: error.file, line: error.line, field: error.field, message: error.message }
    }
}

impl From<SaveError> for Problem {
    fn from(error: SaveError) -> Self {
        let said = error.to_string();
        match error {
            SaveError::Profile(fault) => {
                let field = fault.field.as_deref().unwrap_or("text");
                Self::new(PROFILE_WRONG).detail(said).field(field, "not_valid", fault.message)
            }
            SaveError::NotOwn(_) => Self::new(PROFILE_BUILT_IN).detail(said),
            SaveError::Exists(_) => Self::new(PROFILE_EXISTS).detail(said),
            SaveError::Unknown(_) => Self::not_found(),
            SaveError::TooMany => Self::new(codes::CONFLICT).detail(said),
            SaveError::Store(error) => error.into(),
        }
    }
}

fn uses(app: &App, id: &ProfileId) -> Vec<ProfileUse> {
    let topology = app.topology();
    let by_it = topology.devices.iter().filter(|device| device.profile_id == id.as_str());
    by_it.map(|device| ProfileUse { id: device.id, name: device.name.clone() }).collect()
}

fn view(app: &App, profile: &Profile) -> ProfileView {
    ProfileView {
        id: profile.id.as_str().to_owned(),
        vendor: profile.vendor.clone(),
        model: profile.model.clone(),
        family: profile.family.clone(),
        verified: profile.verified,
        source: profile.source.trim().to_owned(),
        fluids: profile.fluids.clone(),
        channels: profile.channels,
        has_log: profile.log.is_some(),
        origin: app.profiles.origin(&profile.id).unwrap_or(Origin::BuiltIn),
        used_by: uses(app, &profile.id),
    }
}

fn map(profile: &Profile) -> MapView {
    let identify = &profile.identify;
    let socomec = identify.socomec.iter().map(|name| format!("socomec: {name}"));
    let modbus = identify.modbus.iter().map(|entry| format!("43/14: {} {}", entry.vendor, entry.product).trim_end().to_owned());
    let sunspec = identify.sunspec.iter().map(|model| format!("sunspec: {model}"));
    MapView {
        max_registers: profile.limits.max_registers,
        channel_stride: profile.channel_stride,
        sunspec_models: match &profile.addressing {
            Addressing::SunSpec { models, .. } => models.clone(),
            Addressing::Absolute => Vec::new(),
        },
        recognised_by: socomec.chain(modbus).chain(sunspec).collect(),
        points: profile.points.iter().map(point).collect(),
        alternatives: profile
            .alternatives
            .iter()
            .map(|question| {
                let stated = profile.points.iter().find(|point| point.quantity == question.counter).map(|point| point.address);
                let options = question.options.iter().map(|option| OptionView {
                    name: option.name.clone(),
                    address: stated.and_then(|address| address.checked_add_signed(option.shift)),
                });
                AlternativeView {
                    name: question.name.clone(),
                    why: question.why.clone(),
                    quantities: question.quantities.clone(),
                    options: options.collect(),
                }
            })
            .collect(),
    }
}

fn point(point: &Point) -> PointView {
    PointView {
        quantity: point.quantity,
        channel: match point.channel {
            ChannelSpec::One(channel) => Some(channel),
            ChannelSpec::Each => None,
        },
        function: point.table.read_function(),
        address: point.address,
        kind: kind(point.kind).to_owned(),
        low_first: point.words == WordOrder::LowFirst,
        scale: point.scale.to_f64(),
        unit: point.quantity.unit().symbol().to_owned(),
        scale_register: point.scale_register,
        plus: point.plus.map(|part| part.address),
        plausible: point.plausible,
        tables: point.tables,
    }
}

const fn kind(kind: RegisterType) -> &'static str {
    match kind {
        RegisterType::U16 => "u16",
        RegisterType::S16 => "s16",
        RegisterType::U32 => "u32",
        RegisterType::S32 => "s32",
        RegisterType::U64 => "u64",
        RegisterType::S64 => "s64",
        RegisterType::F32 => "f32",
        RegisterType::F64 => "f64",
    }
}

/// The profiles, by name, and the own files that cannot be used.
#[utoipa::path(get, path = "/device-profiles", tag = "sources", responses((status = 200, body = ProfilesView)))]
async fn list_profiles(State(app): State<Shared>) -> Json<ProfilesView> {
    let catalogue = app.profiles.catalogue();
    let items = catalogue.iter().map(|profile| view(&app, profile)).collect();
    let faults = app.profiles.faults().into_iter().map(FaultView::from).collect();
    Json(ProfilesView { list: List::whole(items), faults })
}

/// A profile with its file and its register map. The name is one path segment: `socomec%2Fcountis-e3x`.
#[utoipa::path(get, path = "/device-profiles/{id}", tag = "sources", params(("id" = String, Path)), responses((status = 200, body = DetailView)))]
async fn get_profile(State(app): State<Shared>, Path(id): Path<String>) -> Result<Json<DetailView>, Problem> {
    let id = ProfileId::new(id);
    let catalogue = app.profiles.catalogue();
    let profile = catalogue.get(&id).ok_or_else(Problem::not_found)?;
    let profiles = app.profiles.clone();
    let text = tokio::task::spawn_blocking(move || profiles.text(&id)).await.ok().flatten().unwrap_or_default();
    Ok(Json(DetailView { profile: view(&app, profile), text, map: map(profile) }))
}

/// Says what is wrong with a profile file, with line and field; keeps nothing.
#[utoipa::path(post, path = "/device-profiles/check", tag = "sources", request_body = CheckBody, responses((status = 200, body = CheckView)))]
async fn check_profile(State(app): State<Shared>, Json(body): Json<CheckBody>) -> Result<Json<CheckView>, Problem> {
    let taken = app.profiles.origin(&ProfileId::new(body.id.as_str()));
    Ok(Json(match parse(&body.id, &body.text)? {
        Ok(profile) => CheckView { fault: None, taken, map: Some(map(&profile)) },
        Err(fault) => CheckView { fault: Some(fault.into()), taken, map: None },
    }))
}

/// The profile of a text, or what is wrong with it.
pub(super) fn parse(id: &str, text: &str) -> Result<Result<Profile, ProfileError>, Problem> {
    if text.len() > MAX_PROFILE_BYTES {
        return Err(Problem::new(codes::TOO_LARGE).detail(format!("a profile has at most {MAX_PROFILE_BYTES} bytes")));
    }
    Ok(haubert_content::parse(&format!("{id}.toml"), text))
}

/// Keeps an own profile; devices that have it are read by it from their next round on.
#[utoipa::path(put, path = "/device-profiles/{id}", tag = "sources", params(("id" = String, Path)), request_body = ProfileBody, responses((status = 200, body = DetailView)))]
async fn put_profile(
    State(app): State<Shared>,
    Path(id): Path<String>,
    Json(body): Json<ProfileBody>,
) -> Result<Json<DetailView>, Problem> {
    app.require(Service::OwnProfiles)?;
    let id = ProfileId::new(id);
    parse(id.as_str(), &body.text)?.map_err(SaveError::from)?;
    let profiles = app.profiles.clone();
    let text = body.text.clone();
    let saved = tokio::task::spawn_blocking(move || profiles.save(&id, &text, body.replace)).await;
    let profile = saved.map_err(|_| Problem::new(codes::UNAVAILABLE))??;
    Ok(Json(DetailView { profile: view(&app, &profile), text: body.text, map: map(&profile) }))
}

/// Removes an own profile that no device is read by.
#[utoipa::path(delete, path = "/device-profiles/{id}", tag = "sources", params(("id" = String, Path)), responses((status = 204)))]
async fn delete_profile(State(app): State<Shared>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let id = ProfileId::new(id);
    let own = app.profiles.origin(&id) == Some(Origin::Own);
    let used: Vec<String> = uses(&app, &id).into_iter().map(|device| device.name).collect();
    if own && !used.is_empty() {
        return Err(Problem::new(PROFILE_IN_USE).detail(used.join(", ")));
    }
    let profiles = app.profiles.clone();
    tokio::task::spawn_blocking(move || profiles.delete(&id)).await.map_err(|_| Problem::new(codes::UNAVAILABLE))??;
    Ok(StatusCode::NO_CONTENT)
}
