//! Accounts, passwords, sessions, permissions.

use crate::accounts::alert;
use crate::app::App;
use crate::posture::assess::{Finding, Verdict};
use crate::rights::profile;
use crate::store::{StoreError, accounts, second_factors};
use haubert_service::wire::Time;
use haubert_trust::PasswordPolicy;

/// The note's length and age.
const NOTE_CHARS: u32 = 10;
const NOTE_AGE_DAYS: u32 = 366;
/// The note's tries and time.
const NOTE_TRIES: u32 = 3;
const NOTE_SECONDS: u32 = 3_600;

pub(super) async fn check(app: &App) -> Result<Vec<Finding>, StoreError> {
    let rules = app.access_rules.borrow().clone();
    let kept = app.db.note(accounts::all).await?;
    let in_use: Vec<_> = kept.into_iter().map(|kept| kept.account).filter(|account| account.enabled).collect();
    let of = |wanted: &str| in_use.iter().filter(|account| account.profile == wanted).count();
    let owners = app.db.note(second_factors::owners).await?;
    let with_factor = in_use.iter().filter(|account| owners.contains(&account.id)).count();
    let alert = alert::now(app).await?;
    let (lockout, sessions) = (&rules.lockout, &rules.sessions);
    let both = profile::ALL.iter().filter(|name| is_both_keepers(app, name)).count();
    Ok(vec![
        Finding::new(
            "accounts.individual",
            if in_use.len() >= 2 { Verdict::Holds } else { Verdict::Weak },
            [("accounts", in_use.len().to_string()), ("keepers", of(profile::CYBER_SECURITY).to_string())],
        ),
        Finding::new(
            "accounts.second_factor",
            if with_factor == in_use.len() { Verdict::Holds } else { Verdict::Weak },
            [("with", with_factor.to_string()), ("accounts", in_use.len().to_string())],
        ),
        Finding::new(
            "accounts.own_passwords",
            if alert.given == 0 { Verdict::Holds } else { Verdict::Weak },
            [("given", alert.given.to_string())],
        )
        .since(alert.given_since.map(Time)),
        Finding::new("passwords.policy", strength(&rules.passwords), [("min_chars", rules.passwords.min_chars.to_string())]),
        Finding::new(
            "passwords.age",
            match (rules.passwords.max_age_days, alert.overdue) {
                (_, 1..) => Verdict::Fails,
                (Some(days), 0) if days <= NOTE_AGE_DAYS => Verdict::Holds,
                _ => Verdict::Weak,
            },
            [
                ("overdue", alert.overdue.to_string()),
                ("max_age_days", rules.passwords.max_age_days.map(|days| days.to_string()).unwrap_or_default()),
            ],
        )
        .since(alert.overdue_since.map(Time)),
        Finding::new(
            "lockout.active",
            if lockout.tries <= NOTE_TRIES && lockout.seconds >= NOTE_SECONDS { Verdict::Holds } else { Verdict::Weak },
            [("tries", lockout.tries.to_string()), ("minutes", (lockout.seconds / 60).to_string())],
        ),
        Finding::new(
            "sessions.limits",
            Verdict::Holds,
            [("idle_minutes", sessions.idle_minutes.to_string()), ("absolute_hours", sessions.absolute_hours.to_string())],
        ),
        Finding::new("notice.before_sign_in", if rules.notice.is_empty() { Verdict::Weak } else { Verdict::Holds }, []),
        Finding::new("rights.separation", if both == 0 { Verdict::Holds } else { Verdict::Weak }, [("both", both.to_string())]),
    ])
}

/// Whether a profile both sets the gateway up and guards it.
fn is_both_keepers(app: &App, name: &str) -> bool {
    let table = app.rights.table();
    table.allows(name, "sources:change") && table.allows(name, "accounts:change")
}

/// Either of the two shipped kinds: long with four kinds of characters, or longer and not to be guessed.
const fn strength(policy: &PasswordPolicy) -> Verdict {
    let kinds = policy.needs_lower && policy.needs_upper && policy.needs_digit && policy.needs_special;
    if policy.min_chars >= NOTE_CHARS && (kinds || policy.min_strength >= 3) { Verdict::Holds } else { Verdict::Weak }
}
