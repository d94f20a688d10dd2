//! A try of the settings, step by step: one letter to one reader, the whole way.

use super::desk::{Desk, Parts};
use super::server::{Account, MailError, prepare, target};
use super::words::{Language, Words};
use crate::dial::Target;
use crate::outlets::trial::{Step, Steps, shown};
use haubert_mail::Letter;
use haubert_model::Clock as _;

/// Sends one letter to `to`, as the settings say; what is in force stays as it is. Ends with the first step that fails. Steps are
/// `resolve`, `reach`, `starttls`, `tls`, `greet`, `login` and `send`.
pub async fn converse(desk: &Desk, account: &Account, to: &str, language: Language) -> Vec<Step> {
    let mut steps = Steps::<MailError>::default();
    // What fails is noted among the steps.
    let _ = try_all(desk.parts(), account, (to, language), &mut steps).await;
    steps.taken()
}

async fn try_all(parts: &Parts, account: &Account, (to, language): (&str, Language), steps: &mut Steps<MailError>) -> Option<()> {
    let settings = &account.settings;
    let target = match target(&parts.switch.certificates, &parts.switch.policy.current(), settings) {
        Ok(target) => target,
        Err(error) => return steps.note("tls", Err(error), |()| String::new()),
    };
    let addresses = steps
        .note("resolve", target.resolve().await, |found| found.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))?;
    let mut stream = steps.note("reach", Target::reach(&addresses).await, |stream| {
        stream.peer_addr().map(|peer| peer.to_string()).unwrap_or_default()
    })?;
    if settings.security == super::settings::MailSecurity::StartTls {
        steps.note("starttls", prepare(&mut stream, settings).await, |()| String::new())?;
    }
    let stream = steps.note("tls", target.secure(stream).await, |stream| shown(stream.get_ref().1))?;
    let mut session = steps.note("greet", account.greet(stream).await, |session| session.server().to_owned())?;
    if !settings.user.is_empty() {
        steps.note("login", account.login(&mut session).await, |()| settings.user.clone())?;
    }
    let site = parts.topology.borrow().site.name.clone();
    let words = Words::of(language);
    let (subject, text) = words.trial(&site);
    let letter = Letter {
        from: settings.from.clone(),
        sender: if settings.sender.is_empty() { site } else { settings.sender.clone() },
        to: to.to_owned(),
        subject,
        text,
        attachments: Vec::new(),
        id: parts.letter_id(&format!("test-{}", parts.clock.now().as_millis()), &settings.from),
        at: parts.written_at(parts.clock.now()),
    };
    steps.note("send", session.send(&letter).await, Clone::clone)?;
    session.quit().await;
    Some(())
}
