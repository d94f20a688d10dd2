//! What a record says. The categories are those of IEC 62443-4-2, CR 2.8.

use haubert_model::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::collections::BTreeMap;

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $code:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$variant_doc])* #[serde(rename = $code)] $variant),+ }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// As it is written.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }
        }
    };
}

codes! {
    /// What kind of thing happened.
    Category {
        /// Sign-in, sign-out, sessions, permissions.
        AccessControl = "access_control",
        /// Requests that were refused.
        RequestError = "request_error",
        /// Start, stop, clock, tests, updates.
        System = "system",
        /// Backups, restoring, exports of data.
        BackupRestore = "backup_restore",
        /// Something that is configured changed.
        Configuration = "configuration",
        /// The audit trail itself: read, exported, shortened, interrupted.
        AuditLog = "audit_log",
    }
}

codes! {
    /// How it ended.
    Outcome {
        /// Done.
        Success = "success",
        /// Tried, and failed.
        Failure = "failure",
        /// Not allowed.
        Refused = "refused",
    }
}

codes! {
    /// Who acts.
    ActorKind {
        /// The gateway by itself.
        System = "system",
        /// Somebody signed in.
        Person = "person",
        /// Somebody who is not signed in.
        Anonymous = "anonymous",
        /// Somebody at the machine's own console.
        Console = "console",
    }
}

codes! {
    /// What the times of a record are worth.
    ClockState {
        /// The clock is known to be right.
        Set = "set",
        /// Nobody has set it since the start.
        Unset = "unset",
    }
}

/// Who did it, and from where.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// Person, system…
    pub kind: ActorKind,
    /// Name of the account, or the name that was tried.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub account: String,
    /// The account's profile.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub profile: String,
    /// Address that the request came from.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// Public name of the session: tells sessions of one account apart, and opens nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub session: String,
}

impl Actor {
    /// The gateway by itself.
    pub const fn system() -> Self {
        Self::bare(ActorKind::System)
    }

    /// Whoever has the machine's console.
    pub const fn console() -> Self {
        Self::bare(ActorKind::Console)
    }

    const fn bare(kind: ActorKind) -> Self {
        Self { kind, account: String::new(), profile: String::new(), source: String::new(), session: String::new() }
    }
}

/// What it was done to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Kind of thing: `device`, `setting`, `account`.
    pub kind: String,
    /// Its identity.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
}

/// What happened, before it has a place in the chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Who.
    pub actor: Actor,
    /// Kind of event.
    pub category: Category,
    /// What, as a stable code (`sign_in`, `changed`).
    pub action: Cow<'static, str>,
    /// To what.
    pub target: Option<Target>,
    /// How it ended.
    pub outcome: Outcome,
    /// What was there before, as far as it changed.
    pub before: Option<serde_json::Value>,
    /// What is there now, as far as it changed.
    pub after: Option<serde_json::Value>,
    /// What else belongs to it.
    pub details: BTreeMap<String, String>,
}

impl Entry {
    /// An entry without more than who did what, and how it ended.
    pub fn new(actor: Actor, category: Category, action: impl Into<Cow<'static, str>>, outcome: Outcome) -> Self {
        let (target, before, after, details) = (None, None, None, BTreeMap::new());
        Self { actor, category, action: action.into(), target, outcome, before, after, details }
    }

    /// Says what it was done to.
    #[must_use]
    pub fn target(mut self, kind: &str, id: impl Into<String>, name: impl Into<String>) -> Self {
        self.target = Some(Target { kind: kind.to_owned(), id: id.into(), name: name.into() });
        self
    }

    /// Adds a detail.
    #[must_use]
    pub fn detail(mut self, name: &str, value: impl ToString) -> Self {
        self.details.insert(name.to_owned(), value.to_string());
        self
    }
}

/// A record of the trail, in the order in which its fields are written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Place in the trail, from 1.
    pub seq: u64,
    /// When, as RFC 3339 in UTC with milliseconds.
    #[serde(serialize_with = "write_time", deserialize_with = "read_time")]
    pub at: Timestamp,
    /// What that time is worth.
    pub clock: ClockState,
    /// Who.
    pub actor: Actor,
    /// Kind of event.
    pub category: Category,
    /// What.
    pub action: Cow<'static, str>,
    /// To what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// How it ended.
    pub outcome: Outcome,
    /// What was there before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<serde_json::Value>,
    /// What is there now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<serde_json::Value>,
    /// What else belongs to it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<String, String>,
    /// Hash of the record before, in hex; zeros for the first.
    pub prev: super::Hash,
}

fn write_time<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    let limit = if at.0 < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
    serializer.collect_str(&format_args!("{:.3}", jiff::Timestamp::from_millisecond(at.0).unwrap_or(limit)))
}

fn read_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = Cow::<str>::deserialize(deserializer)?;
    let time: jiff::Timestamp = text.parse().map_err(serde::de::Error::custom)?;
    Ok(Timestamp(time.as_millisecond()))
}
