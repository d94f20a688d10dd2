//! Strict separation: whoever belongs to an organisation reaches what is its own, and nothing of any other.
//!
//! It is decided in one place, before a handler runs: the first part of a route says what its `{id}` names, and so whose it is. What
//! belongs to somebody else looks as if it were not there. Lists ask [`Reach`]. A test tries every route that has an `{id}`.

use crate::hub::Hub;
use crate::rights;
use axum::extract::{MatchedPath, RawPathParams, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use haubert_model::OrganisationId;
use haubert_service::problem::Problem;
use haubert_service::session::Session;

/// What somebody reaches. In the request's extensions of every route that needs a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The whole community.
    Community,
    /// One organisation.
    Organisation(OrganisationId),
}

/// What the `{id}` of a route names, by the first part of the route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named {
    Organisation,
    Site,
    Gateway,
    Assessment,
    Account,
    Invitation,
    Action,
    Risk,
    Label,
    Evidence,
    Finding,
    /// Of the community as a whole: an organisation sees what concerns it by a route of its own.
    Campaign,
    Asset,
    Zone,
    Conduit,
    /// Nothing that belongs to an organisation.
    Shared,
}

impl Named {
    /// Of a route without the prefix, such as `/gateways/{id}/live`. Nothing when nobody has said.
    pub(crate) fn by(route: &str) -> Option<Self> {
        Some(match route.trim_start_matches('/').split('/').next()? {
            "organisations" => Self::Organisation,
            "sites" => Self::Site,
            "gateways" => Self::Gateway,
            "assessments" | "audits" => Self::Assessment,
            "accounts" => Self::Account,
            "invitations" => Self::Invitation,
            "actions" => Self::Action,
            "risks" => Self::Risk,
            "labels" => Self::Label,
            "assets" => Self::Asset,
            "zones" => Self::Zone,
            "conduits" => Self::Conduit,
            "evidence" => Self::Evidence,
            "findings" => Self::Finding,
            "campaigns" => Self::Campaign,
            "account" | "updates" | "frameworks" | "libraries" | "guide" | "scenarios" => Self::Shared,
            _ => return None,
        })
    }
}

impl Reach {
    /// What an account reaches; nothing when its profile needs an organisation and it has none.
    pub(crate) async fn of(hub: &Hub, session: &Session) -> Result<Option<Self>, Problem> {
        let Some((profile, organisation)) = hub.store.belongs_to(session.user).await? else { return Ok(None) };
        Ok(match organisation.and_then(|id| id.parse().ok()) {
            Some(id) => Some(Self::Organisation(id)),
            None if rights::needs_organisation(&profile) => None,
            None => Some(Self::Community),
        })
    }

    /// The organisation that it is limited to.
    pub(crate) fn only(self) -> Option<OrganisationId> {
        match self {
            Self::Community => None,
            Self::Organisation(id) => Some(id),
        }
    }

    /// What a list that may be asked for one organisation is limited to.
    ///
    /// # Errors
    /// `not_found` when another organisation was asked for.
    pub(crate) fn narrow(self, asked: Option<OrganisationId>) -> Result<Option<OrganisationId>, Problem> {
        match (self.only(), asked) {
            (Some(own), Some(asked)) if own != asked => Err(Problem::not_found()),
            (own, asked) => Ok(own.or(asked)),
        }
    }

    /// Whether it reaches what is of `owner`.
    pub(crate) fn covers(self, owner: Option<OrganisationId>) -> bool {
        self.only().is_none_or(|own| owner == Some(own))
    }
}

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for Reach {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut http::request::Parts, _state: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().copied().ok_or_else(Problem::not_found)
    }
}

async fn owner(hub: &Hub, named: Named, id: &str) -> Result<Option<OrganisationId>, Problem> {
    let owner = match named {
        Named::Organisation => Some(id.to_owned()),
        Named::Site => hub.store.owner_of_site(id).await?,
        Named::Gateway => hub.store.owner_of_gateway(id).await?,
        Named::Assessment => hub.store.assessment(id).await?.map(|row| row.organisation_id),
        Named::Account => match id.parse() {
            Ok(id) => hub.store.belongs_to(id).await?.and_then(|(_, organisation)| organisation),
            Err(_) => None,
        },
        Named::Invitation => hub.store.invitation_of(id).await?.and_then(|row| row.organisation_id),
        Named::Action => hub.store.action(id).await?.map(|row| row.organisation_id),
        Named::Risk => hub.store.risk(id).await?.map(|row| row.organisation_id),
        Named::Label => hub.store.award(id).await?.map(|row| row.organisation_id),
        Named::Evidence => hub.store.evidence(id).await?.map(|evidence| evidence.row.organisation_id),
        Named::Finding => hub.store.finding(id).await?.map(|(_, audit)| audit.organisation_id),
        Named::Asset => hub.store.asset(id).await?.map(|row| row.organisation_id),
        Named::Zone => hub.store.zone(id).await?.map(|row| row.organisation_id),
        Named::Conduit => hub.store.conduit(id).await?.map(|row| row.organisation_id),
        Named::Campaign | Named::Shared => None,
    };
    Ok(owner.and_then(|id| id.parse().ok()))
}

/// Stands before every handler, after the permission was checked.
pub(crate) async fn within(
    State(hub): State<Hub>,
    matched: MatchedPath,
    parameters: RawPathParams,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(session) = request.extensions().get::<Session>() else { return next.run(request).await };
    let reach = match Reach::of(&hub, session).await {
        Ok(Some(reach)) => reach,
        Ok(None) => Reach::Organisation(OrganisationId(uuid::Uuid::nil())),
        Err(problem) => return problem.into_response(),
    };
    if reach != Reach::Community
        && let Some((_, id)) = parameters.iter().find(|(name, _)| *name == "id")
    {
        let route = matched.as_str().strip_prefix(haubert_service::api::PREFIX).unwrap_or_default();
        // What nobody has said belongs to nobody, and is reached by nobody.
        let named = Named::by(route);
        let owner = match named {
            Some(Named::Shared) => Ok(reach.only()),
            Some(named) => owner(&hub, named, id).await,
            None => Ok(None),
        };
        match owner {
            Ok(owner) if reach.covers(owner) => {}
            Ok(_) => return Problem::not_found().into_response(),
            Err(problem) => return problem.into_response(),
        }
    }
    request.extensions_mut().insert(reach);
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn organisation(number: u128) -> OrganisationId {
        OrganisationId(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn an_organisation_reaches_its_own_and_nothing_else() {
        let own = Reach::Organisation(organisation(1));
        assert!(own.covers(Some(organisation(1))) && !own.covers(Some(organisation(2))) && !own.covers(None));
        assert!(Reach::Community.covers(None) && Reach::Community.covers(Some(organisation(2))));
        assert_eq!(own.narrow(None).unwrap(), Some(organisation(1)));
        assert!(own.narrow(Some(organisation(2))).is_err());
        assert_eq!(Reach::Community.narrow(Some(organisation(2))).unwrap(), Some(organisation(2)));
    }

    #[test]
    fn it_is_said_of_every_route_what_its_id_names() {
        let (_, table) = crate::api::description();
        let with_id = table.iter().filter(|route| route.path.contains("{id}"));
        let unsaid: Vec<&str> =
            with_id.filter(|route| Named::by(&route.path).is_none()).map(|route| route.path.as_str()).collect();
        assert!(unsaid.is_empty(), "{unsaid:?}");
    }
}
