//! The way in, the same on both binaries: first set-up, sign-in, sign-out, who am I, one's own password and sessions.
//!
//! There is no default password. While no account exists, a code printed on the console lets one person make the first; it
//! lives in memory only. A name that nobody has costs as much work as a wrong password and gets the same answer. A try is counted
//! before it is checked (see [`crate::lockout`]).

mod elsewhere;
mod keeper;
mod keys;
mod own;
mod routes;
mod setup;
mod sign_in;
#[cfg(test)]
mod tests;

pub use elsewhere::{OwnFactor, Vouched};
pub use routes::FirstProfile;
pub(crate) use routes::{SessionView, routes};

use crate::access_rules::RulesInForce;
use crate::extract::Source;
use crate::lockout::{Lock, Lockouts};
use crate::passwords::Passwords;
use crate::permission::Rights;
use crate::problem::{Problem, codes};
use crate::second_factor::{FactorChange, SecondFactors};
use crate::session::{Sessions, Standing};
use crate::throttle::Throttle;
use crate::{BoxFuture, StoreError};
use haubert_model::{Clock, Secret, Timestamp, UserId};
use haubert_trust::{PasswordPolicy, SetupCode, random_bytes};
use std::io::{self, Write};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Wrong set-up codes from one source before it has to wait.
const ATTEMPTS: u32 = 3;
/// How long it then waits.
const WAIT_MS: u64 = 30_000;

/// An account as the door needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: UserId,
    /// Its name, unique whatever the case.
    pub name: String,
    /// Its profile.
    pub profile: String,
    /// PHC string of its password; empty when it has none and comes in by an identity provider.
    pub password_hash: String,
    /// When the password was set.
    pub password_changed_at: Timestamp,
    /// Whether somebody else set it: its owner must choose another before anything else.
    pub password_given: bool,
    /// Whether it may come in.
    pub enabled: bool,
}

impl Account {
    /// PHC string of its password, when it has one.
    pub fn password(&self) -> Option<String> {
        (!self.password_hash.is_empty()).then(|| self.password_hash.clone())
    }

    /// What its sessions may be used for.
    pub fn standing(&self, policy: &PasswordPolicy, now: Timestamp) -> Standing {
        Standing::of(policy, self.password_changed_at, self.password_given, now)
    }
}

/// A password to be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPassword {
    /// PHC string.
    pub hash: String,
    /// Now.
    pub at: Timestamp,
    /// Whether it is set by somebody else than its owner.
    pub given: bool,
    /// Former passwords to keep, the one replaced among them.
    pub keep: u32,
}

/// Where accounts are kept. Implemented by each binary's store.
pub trait AccountStore: Send + Sync + 'static {
    /// Whether there is no account yet.
    fn is_empty(&self) -> BoxFuture<'_, Result<bool, StoreError>>;
    /// The account of this name, whatever the case.
    fn find<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Account>, StoreError>>;
    /// The account of this id.
    fn find_by_id(&self, id: UserId) -> BoxFuture<'_, Result<Option<Account>, StoreError>>;
    /// Adds the first accounts; `false`, and nothing added, when there is one already.
    fn create_first(&self, accounts: Vec<Account>) -> BoxFuture<'_, Result<bool, StoreError>>;
    /// Sets an account's password and keeps the one before.
    fn set_password(&self, id: UserId, password: NewPassword) -> BoxFuture<'_, Result<(), StoreError>>;
    /// Hashes of the former passwords, the newest first, at most `limit`.
    fn former_passwords(&self, id: UserId, limit: u32) -> BoxFuture<'_, Result<Vec<String>, StoreError>>;
    /// Notes that the account came in.
    fn signed_in(&self, id: UserId, at: Timestamp) -> BoxFuture<'_, Result<(), StoreError>>;
}

/// Why somebody was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No such name, a wrong password, or a disabled account: the three look the same.
    WrongCredentials,
    /// A wrong second factor.
    WrongSecondFactor,
    /// Locked out: nothing was checked.
    LockedOut,
    /// The right password, given by somebody else too long ago.
    PasswordSpent,
}

/// What happens at the door, for whoever keeps account of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// The first accounts were made.
    SetUp,
    /// Somebody came in.
    SignedIn,
    /// Somebody was not let in.
    Refused(Refusal),
    /// Tries led to a lock.
    LockedOut(Lock),
    /// Somebody went.
    SignedOut,
    /// Somebody changed the own password.
    PasswordChanged,
    /// Somebody ended own sessions elsewhere: how many.
    SessionsEnded(usize),
    /// The second factors of an account changed.
    FactorsChanged(FactorChange),
}

/// Who did it. A name that nobody has is not told: it may be a password typed into the wrong field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// The account's name.
    pub user: Option<String>,
    /// Its profile.
    pub profile: Option<String>,
    /// From where.
    pub source: IpAddr,
}

/// What the door is made of.
pub struct Parts {
    /// `haubert-gateway` or `haubert-hub`.
    pub product: &'static str,
    /// Version of the binary.
    pub version: &'static str,
    /// Profiles of the first accounts.
    pub first_profiles: &'static [FirstProfile],
    /// Who may do what.
    pub rights: Rights,
    /// The accounts.
    pub accounts: Arc<dyn AccountStore>,
    /// The sessions.
    pub sessions: Sessions,
    /// Counts of wrong tries.
    pub lockouts: Lockouts,
    /// Rules of passwords.
    pub rules: RulesInForce,
    /// Second factors.
    pub factors: SecondFactors,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The site's time zone, where there is one.
    pub time_zone: Arc<dyn Fn() -> Option<String> + Send + Sync>,
    /// Names that no password may be made of, besides the account's.
    pub names: Arc<dyn Fn() -> Vec<String> + Send + Sync>,
    /// Told what happens.
    pub tell: Arc<dyn Fn(Happening, Who) + Send + Sync>,
}

/// Set-up and sign-in.
pub struct Door {
    pub(crate) parts: Parts,
    setup: Mutex<Option<SetupCode>>,
    setup_throttle: Throttle,
    passwords: Passwords,
}

/// Prints the set-up code where only somebody at the console sees it: on stdout, never in a log.
///
/// # Errors
/// When stdout is closed.
pub fn announce(product: &str, code: &SetupCode) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{product}: first start. Set-up code: {}", code.text().expose())?;
    stdout.flush()
}

impl Door {
    /// A door that is closed for set-up; see [`Door::open_setup`].
    pub fn new(parts: Parts) -> Self {
        Self { parts, setup: Mutex::new(None), setup_throttle: Throttle::new(ATTEMPTS, WAIT_MS), passwords: Passwords::default() }
    }

    /// When there is no account: makes the set-up code, to be [`announce`]d.
    ///
    /// # Errors
    /// When the store or the random source fails.
    pub async fn open_setup(&self) -> Result<Option<SetupCode>, StoreError> {
        if !self.parts.accounts.is_empty().await? {
            return Ok(None);
        }
        let code = SetupCode::random().map_err(StoreError::new)?;
        *self.setup.lock().unwrap_or_else(PoisonError::into_inner) = Some(code.clone());
        Ok(Some(code))
    }

    fn code(&self) -> Option<SetupCode> {
        self.setup.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Who may do what.
    pub fn rights(&self) -> &Rights {
        &self.parts.rights
    }

    /// Second factors.
    pub fn factors(&self) -> &SecondFactors {
        &self.parts.factors
    }

    /// The counts of wrong tries.
    pub fn lockouts(&self) -> &Lockouts {
        &self.parts.lockouts
    }

    /// Passwords that were checked since the start: names that nobody has count like others.
    pub fn passwords_checked(&self) -> u64 {
        self.passwords.checked()
    }

    fn policy(&self) -> PasswordPolicy {
        self.parts.rules.borrow().passwords.clone()
    }

    /// Checks a new password of the account `name` against the rule, and hashes it.
    ///
    /// # Errors
    /// `invalid` with one entry of `field` per fault.
    pub async fn hash_new(&self, field: &str, name: &str, password: Secret) -> Result<String, Problem> {
        let policy = self.policy();
        let others = (self.parts.names)();
        let names: Vec<&str> = [name, self.parts.product].into_iter().chain(others.iter().map(String::as_str)).collect();
        let faults = policy.check(&password, &names);
        if !faults.is_empty() {
            let told = |problem: Problem, fault: haubert_trust::PasswordFault| {
                problem.field(field, fault.code(), fault.message(&policy))
            };
            return Err(faults.into_iter().fold(Problem::new(codes::INVALID), told));
        }
        self.passwords.hash(password).await.map_err(|error| Problem::internal("hash a password", &error))
    }

    /// Hashes a password that was drawn at random, which needs no check.
    ///
    /// # Errors
    /// An internal [`Problem`].
    pub async fn hash_drawn(&self, password: Secret) -> Result<String, Problem> {
        self.passwords.hash(password).await.map_err(|error| Problem::internal("hash a password", &error))
    }

    /// Whether a code typed at `source` is that of `hash`; the same work when there is none. A source that errs waits.
    ///
    /// # Errors
    /// `too_many_attempts`: nothing was checked.
    pub async fn code_is_right(&self, typed: Secret, hash: Option<String>, source: Source) -> Result<bool, Problem> {
        let (key, now) = (source.0.to_string(), self.parts.clock.monotonic_ms());
        if let Some(ms) = self.setup_throttle.refused_for(&key, now) {
            return Err(Problem::wait(ms.div_ceil(1000)));
        }
        // Counted before it is checked, so that many at once are no more than three.
        self.setup_throttle.failed(&key, now);
        let right = self.passwords.verify(typed, hash).await;
        if right {
            self.setup_throttle.succeeded(&key);
        }
        Ok(right)
    }

    pub(crate) fn tell(&self, happening: Happening, account: Option<&Account>, source: Source) {
        let who = Who {
            user: account.map(|account| account.name.clone()),
            profile: account.map(|account| account.profile.clone()),
            source: source.0,
        };
        (self.parts.tell)(happening, who);
    }
}

/// A user id that is new.
///
/// # Errors
/// An internal [`Problem`] when the random source fails.
pub fn new_user_id() -> Result<UserId, Problem> {
    let bytes = random_bytes::<16>().map_err(|error| Problem::internal("draw an id", &error))?;
    Ok(UserId(uuid::Builder::from_random_bytes(bytes).into_uuid()))
}

/// The name of an account as a person gave it: trimmed, 1 to 64 characters, none of them a control character.
///
/// # Errors
/// `invalid`, naming `field`.
pub fn checked_name(field: &str, name: &str) -> Result<String, Problem> {
    let name = name.trim();
    match name.chars().count() {
        0 => Err(Problem::invalid(field, "required", "give a name")),
        1..=64 if !name.chars().any(char::is_control) => Ok(name.to_owned()),
        _ => Err(Problem::invalid(field, "not_valid", "at most 64 characters, none of them a control character")),
    }
}
