//! Tries of outlets, step by step, and why they fail: what all of them share.

use haubert_model::Timestamp;
use haubert_trust::CertificateInfo;
use std::fmt::Display;
use std::marker::PhantomData;
use std::time::Duration;

/// An error with a stable code.
pub trait Coded: Display {
    /// The code.
    fn code(&self) -> &'static str;

    /// For how long the other side asks to be left alone, where it says so.
    fn patience(&self) -> Option<Duration> {
        None
    }
}

/// Why the last conversation ended, or none began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Stable code.
    pub code: &'static str,
    /// In words.
    pub detail: String,
    /// When.
    pub at: Timestamp,
}

impl Failure {
    /// Of an error.
    pub fn of(error: &impl Coded, at: Timestamp) -> Self {
        Self { code: error.code(), detail: error.to_string(), at }
    }
}

/// What came of a step.
#[derive(Debug)]
pub struct Step {
    /// What was tried.
    pub name: &'static str,
    /// What came back, or code and words of why nothing did.
    pub outcome: Result<String, (&'static str, String)>,
}

/// The steps so far; `E` is what they fail with.
pub struct Steps<E>(Vec<Step>, PhantomData<E>);

impl<E> Default for Steps<E> {
    fn default() -> Self {
        Self(Vec::new(), PhantomData)
    }
}

impl<E: Coded> Steps<E> {
    /// Notes what came of a step; there is a next one only when it went well.
    pub fn note<T>(
        &mut self,
        name: &'static str,
        outcome: Result<T, impl Into<E>>,
        words: impl FnOnce(&T) -> String,
    ) -> Option<T> {
        let outcome = outcome.map_err(Into::into);
        let told = outcome.as_ref().map(words).map_err(|error| (error.code(), error.to_string()));
        self.0.push(Step { name, outcome: told });
        outcome.ok()
    }

    /// All of them, in order.
    pub fn taken(self) -> Vec<Step> {
        self.0
    }
}

/// The version agreed on, and whose certificate the server showed.
pub fn shown(connection: &rustls::ClientConnection) -> String {
    let version = connection.protocol_version().and_then(|version| version.as_str()).unwrap_or_default();
    let leaf = connection.peer_certificates().and_then(|chain| chain.first());
    let subject = leaf.and_then(|leaf| CertificateInfo::from_der(leaf).ok()).map(|info| info.subject).unwrap_or_default();
    format!("{version} · {subject}")
}
