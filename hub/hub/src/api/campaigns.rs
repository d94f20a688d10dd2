//! Campaigns: the coordinator asks organisations to assess themselves by a day, and sees how far each is, but not what it answers.

use super::assessments::{AssessmentKind, CHANGED_MEANWHILE, SummaryView, summary};
use super::name;
use crate::campaigns::{Progress, Reminder, days_left, percent, reminder};
use crate::days;
use crate::hub::Hub;
use crate::reach::Reach;
use crate::store::entity::campaigns::{campaign, campaign_organisation};
use crate::store::entity::standing::assessment;
use crate::store::{Begun, Changed};
use axum::extract::State;
use haubert_model::{OrganisationId, Timestamp};
use haubert_service::extract::{Json, Path};
use haubert_service::problem::{Problem, codes};
use haubert_service::session::Session;
use haubert_service::wire::{List, Time};
use http::StatusCode;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Longest message, in characters.
const MAX_MESSAGE: usize = 4_000;
/// Most organisations that a campaign invites.
const MAX_INVITED: usize = 5_000;
/// Organisations read at a time.
const BATCH: u64 = 500;

/// A campaign.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = Campaign)]
pub(super) struct CampaignView {
    id: String,
    title: String,
    /// `ref_id` of the framework.
    framework: String,
    /// The first day, `2027-01-31`.
    from: String,
    /// The last day.
    until: String,
    /// Until the last day; less than 0 when it is over.
    days_left: i32,
    message: String,
    /// Counts its changes.
    revision: i32,
    created_at: Time,
    created_by: String,
    changed_at: Time,
    changed_by: String,
    #[schema(required)]
    closed_at: Option<Time>,
    #[schema(required)]
    closed_by: Option<String>,
}

/// What their list answers.
type CampaignViewList = List<CampaignView>;

/// How far an organisation is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = CampaignStep)]
struct StepView {
    organisation_id: String,
    organisation: String,
    progress: Progress,
    /// Measures that are answered, of 100.
    percent: u8,
    #[schema(required)]
    assessment_id: Option<String>,
}

/// Of what an organisation is to be reminded.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = CampaignReminderDue)]
struct ReminderView {
    organisation_id: String,
    organisation: String,
    reminder: Reminder,
}

/// A campaign, and how far everybody is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = CampaignWithProgress)]
pub(super) struct ProgressView {
    #[serde(flatten)]
    campaign: CampaignView,
    organisations: Vec<StepView>,
    /// Reminders that are due today.
    reminders: Vec<ReminderView>,
}

/// A campaign, as an organisation that it invites sees it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = OwnCampaign)]
pub(super) struct OwnView {
    #[serde(flatten)]
    campaign: CampaignView,
    progress: Progress,
    /// Measures that are answered, of 100.
    percent: u8,
    #[schema(required)]
    reminder: Option<Reminder>,
    /// Once it has begun.
    #[schema(required)]
    assessment: Option<SummaryView>,
    /// Whether it can begin now.
    can_begin: bool,
}

/// What their list answers.
type OwnViewList = List<OwnView>;

/// What can be set of a campaign.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CampaignBody {
    title: String,
    /// `ref_id` of a framework; stays as it is.
    framework: String,
    /// The first day, `2027-01-31`.
    from: String,
    /// The last day.
    until: String,
    #[serde(default)]
    message: String,
    /// Whom it invites, beside those who are invited already; all that there are, when it is left out.
    #[serde(default)]
    organisations: Option<Vec<OrganisationId>>,
    /// The revision that this one replaces; 0 for a new one.
    revision: i32,
}

fn date(text: &str) -> Result<Date, Problem> {
    text.parse().map_err(|error| Problem::internal("read a day of a campaign", &error))
}

fn view(row: campaign::Model, today: Date) -> Result<CampaignView, Problem> {
    Ok(CampaignView {
        days_left: days_left(date(&row.until_day)?, today),
        id: row.id,
        title: row.title,
        framework: row.framework,
        from: row.from_day,
        until: row.until_day,
        message: row.message,
        revision: row.revision,
        created_at: Time(Timestamp(row.created_at)),
        created_by: row.created_by,
        changed_at: Time(Timestamp(row.changed_at)),
        changed_by: row.changed_by,
        closed_at: row.closed_at.map(|at| Time(Timestamp(at))),
        closed_by: row.closed_by,
    })
}

/// Campaigns as a whole are of the community: an organisation sees those that invite it, by its own route.
fn community(reach: Reach) -> Result<(), Problem> {
    match reach {
        Reach::Community => Ok(()),
        Reach::Organisation(_) => Err(Problem::not_found()),
    }
}

async fn found(hub: &Hub, id: &str) -> Result<campaign::Model, Problem> {
    hub.store.campaign(id).await?.ok_or_else(Problem::not_found)
}

/// How far an organisation is, and its assessment.
async fn step(hub: &Hub, invited: &campaign_organisation::Model) -> Result<(Progress, Option<SummaryView>), Problem> {
    let row = match &invited.assessment_id {
        Some(id) => hub.store.assessment(id).await?,
        None => None,
    };
    let Some(row) = row else { return Ok((Progress::NotBegun, None)) };
    let progress = if row.closed { Progress::Closed } else { Progress::Begun };
    let answers = hub.store.answers(&row.id).await?;
    Ok((progress, Some(summary(hub, row, &answers).await?.summary)))
}

fn share(assessment: Option<&SummaryView>) -> u8 {
    assessment.map_or(0, |assessment| percent(assessment.answered, assessment.asked))
}

fn due(campaign: &campaign::Model, progress: Progress, today: Date) -> Result<Option<Reminder>, Problem> {
    if campaign.closed_at.is_some() {
        return Ok(None);
    }
    Ok(reminder(progress, date(&campaign.from_day)?, date(&campaign.until_day)?, today))
}

/// The organisations to be invited: those that are named, or all.
async fn wanted(hub: &Hub, named: Option<Vec<OrganisationId>>) -> Result<Vec<String>, Problem> {
    let too_many = || Problem::invalid("organisations", "too_many", format!("at most {MAX_INVITED}"));
    let mut ids = Vec::new();
    match named {
        Some(named) if named.len() > MAX_INVITED => return Err(too_many()),
        Some(named) => {
            for id in named {
                if !hub.store.has_organisation(id).await? {
                    return Err(Problem::invalid("organisations", "not_found", "one of them is not there"));
                }
                ids.push(id.to_string());
            }
        }
        None => {
            let mut cursor = String::new();
            loop {
                let page = hub.store.organisations(&cursor, BATCH).await?;
                let Some(last) = page.last() else { break };
                cursor.clone_from(&last.id);
                ids.extend(page.into_iter().map(|row| row.id));
                if ids.len() > MAX_INVITED {
                    return Err(too_many());
                }
            }
        }
    }
    Ok(ids)
}

/// What is set, over what was there.
fn row(body: CampaignBody, before: campaign::Model) -> Result<campaign::Model, Problem> {
    days::check("from", Some(&body.from))?;
    days::check("until", Some(&body.until))?;
    if date(&body.until)? < date(&body.from)? {
        return Err(Problem::invalid("until", "not_valid", "not before the first day"));
    }
    if body.message.chars().count() > MAX_MESSAGE {
        return Err(Problem::invalid("message", "too_long", format!("at most {MAX_MESSAGE} characters")));
    }
    let title = name("title", &body.title)?;
    Ok(campaign::Model { title, from_day: body.from, until_day: body.until, message: body.message, ..before })
}

#[utoipa::path(get, path = "/campaigns", tag = "campaigns", operation_id = "list_campaigns", responses((status = 200, body = CampaignViewList)))]
pub(super) async fn list(State(hub): State<Hub>, reach: Reach) -> Result<Json<List<CampaignView>>, Problem> {
    community(reach)?;
    let today = hub.today();
    let items = hub.store.campaigns().await?.into_iter().map(|row| view(row, today)).collect::<Result<_, _>>()?;
    Ok(Json(List::whole(items)))
}

#[utoipa::path(post, path = "/campaigns", tag = "campaigns", operation_id = "create_campaign", request_body = CampaignBody, responses((status = 201, body = CampaignView)))]
pub(super) async fn create(
    State(hub): State<Hub>,
    reach: Reach,
    session: Session,
    Json(mut body): Json<CampaignBody>,
) -> Result<(StatusCode, Json<CampaignView>), Problem> {
    community(reach)?;
    if hub.frameworks.find(&body.framework).is_err() {
        return Err(Problem::invalid("framework", "not_found", "there is no such framework"));
    }
    let invited = wanted(&hub, body.organisations.take()).await?;
    let now = hub.now().as_millis();
    let empty = campaign::Model {
        id: hub.new_id()?.to_string(),
        title: String::new(),
        framework: body.framework.clone(),
        from_day: String::new(),
        until_day: String::new(),
        message: String::new(),
        revision: 1,
        created_at: now,
        created_by: session.user_name.clone(),
        changed_at: now,
        changed_by: session.user_name,
        closed_at: None,
        closed_by: None,
    };
    let row = row(body, empty)?;
    hub.store.add_campaign(row.clone(), &invited).await?;
    Ok((StatusCode::CREATED, Json(view(row, hub.today())?)))
}

#[utoipa::path(get, path = "/campaigns/{id}", tag = "campaigns", operation_id = "read_campaign", params(("id" = String, Path)), responses((status = 200, body = ProgressView)))]
pub(super) async fn read(State(hub): State<Hub>, Path(id): Path<String>) -> Result<Json<ProgressView>, Problem> {
    let campaign = found(&hub, &id).await?;
    let (today, mut organisations, mut reminders) = (hub.today(), Vec::new(), Vec::new());
    for invited in hub.store.campaign_organisations(&id).await? {
        let Ok(id) = invited.organisation_id.parse() else { continue };
        let organisation = hub.store.organisation(id).await?.map(|row| row.name).unwrap_or_default();
        let (progress, assessment) = step(&hub, &invited).await?;
        if let Some(reminder) = due(&campaign, progress, today)? {
            let (organisation_id, organisation) = (invited.organisation_id.clone(), organisation.clone());
            reminders.push(ReminderView { organisation_id, organisation, reminder });
        }
        organisations.push(StepView {
            organisation_id: invited.organisation_id,
            organisation,
            progress,
            percent: share(assessment.as_ref()),
            assessment_id: invited.assessment_id,
        });
    }
    Ok(Json(ProgressView { campaign: view(campaign, today)?, organisations, reminders }))
}

#[utoipa::path(put, path = "/campaigns/{id}", tag = "campaigns", operation_id = "update_campaign", params(("id" = String, Path)), request_body = CampaignBody, responses((status = 200, body = ProgressView)))]
pub(super) async fn update(
    State(hub): State<Hub>,
    session: Session,
    Path(id): Path<String>,
    Json(mut body): Json<CampaignBody>,
) -> Result<Json<ProgressView>, Problem> {
    let before = found(&hub, &id).await?;
    if before.closed_at.is_some() {
        return Err(Problem::new(codes::CONFLICT).detail("the campaign is closed"));
    }
    if body.framework != before.framework {
        return Err(Problem::invalid("framework", "not_valid", "a campaign keeps its framework"));
    }
    let invited = wanted(&hub, body.organisations.take()).await?;
    let seen = body.revision;
    let changed = campaign::Model { changed_at: hub.now().as_millis(), changed_by: session.user_name, ..row(body, before)? };
    match hub.store.set_campaign(changed, &invited, seen).await? {
        Changed::Kept(()) => read(State(hub), Path(id)).await,
        Changed::Meanwhile => Err(Problem::new(CHANGED_MEANWHILE)),
    }
}

/// Closes a campaign: nobody is reminded of it any more, and nobody begins. What was begun stays with its organisation.
#[utoipa::path(post, path = "/campaigns/{id}/closing", tag = "campaigns", operation_id = "close_campaign", params(("id" = String, Path)), responses((status = 200, body = ProgressView)))]
pub(super) async fn close(
    State(hub): State<Hub>,
    session: Session,
    Path(id): Path<String>,
) -> Result<Json<ProgressView>, Problem> {
    found(&hub, &id).await?;
    if !hub.store.close_campaign(&id, &session.user_name, hub.now()).await? {
        return Err(Problem::new(codes::CONFLICT).detail("the campaign is closed"));
    }
    read(State(hub), Path(id)).await
}

#[utoipa::path(get, path = "/organisations/{id}/campaigns", tag = "campaigns", operation_id = "list_campaigns_of_organisation", params(("id" = OrganisationId, Path)), responses((status = 200, body = OwnViewList)))]
pub(super) async fn of_organisation(
    State(hub): State<Hub>,
    Path(id): Path<OrganisationId>,
) -> Result<Json<List<OwnView>>, Problem> {
    super::organisations::found(&hub, id).await?;
    let (today, mut items) = (hub.today(), Vec::new());
    for (campaign, invited) in hub.store.campaigns_of(id).await? {
        let (progress, assessment) = step(&hub, &invited).await?;
        let has_begun = date(&campaign.from_day)? <= today;
        items.push(OwnView {
            reminder: due(&campaign, progress, today)?,
            percent: share(assessment.as_ref()),
            can_begin: has_begun && campaign.closed_at.is_none() && progress == Progress::NotBegun,
            campaign: view(campaign, today)?,
            progress,
            assessment,
        });
    }
    Ok(Json(List::whole(items)))
}

/// Begins an organisation's assessment for a campaign; gives the one that was begun before.
#[utoipa::path(post, path = "/organisations/{id}/campaigns/{campaign}/assessment", tag = "campaigns", operation_id = "begin_for_campaign",
    params(("id" = OrganisationId, Path), ("campaign" = String, Path)), responses((status = 200, body = SummaryView)))]
pub(super) async fn begin(
    State(hub): State<Hub>,
    session: Session,
    Path((id, campaign)): Path<(OrganisationId, String)>,
) -> Result<Json<SummaryView>, Problem> {
    let mine = async || -> Result<_, Problem> {
        let found = hub.store.campaigns_of(id).await?.into_iter().find(|(row, _)| row.id == campaign);
        found.ok_or_else(Problem::not_found)
    };
    let (row, invited) = mine().await?;
    if let (_, Some(assessment)) = step(&hub, &invited).await? {
        return Ok(Json(assessment));
    }
    if row.closed_at.is_some() {
        return Err(Problem::new(codes::CONFLICT).detail("the campaign is closed"));
    }
    if date(&row.from_day)? > hub.today() {
        return Err(Problem::new(codes::CONFLICT).detail(format!("the campaign begins on {}", row.from_day)));
    }
    let assessment = assessment::Model {
        id: hub.new_id()?.to_string(),
        organisation_id: id.to_string(),
        framework: row.framework,
        title: row.title,
        kind: AssessmentKind::Own.code().to_owned(),
        closed: false,
        created_at: hub.now().as_millis(),
        created_by: session.user_name,
    };
    if hub.store.begin_for_campaign(&campaign, assessment).await? == Begun::Not {
        return Err(Problem::new(codes::CONFLICT).detail("the campaign is closed"));
    }
    // Whoever began at the same moment has begun the same one.
    step(&hub, &mine().await?.1).await?.1.map(Json).ok_or_else(Problem::not_found)
}
