//! Letters that wait for a server, and what became of those that did.

use crate::store::StoreError;
use haubert_mail::Attachment;
use haubert_model::Timestamp;
use haubert_service::wire::Time;
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use serde::Serialize;
use utoipa::ToSchema;

/// Letters kept that went or never will.
pub const KEPT: i64 = 500;
/// Letters that may wait; beyond it the oldest are given up.
const MAX_WAITING: i64 = 1000;

/// What a letter is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MailKind)]
pub enum Kind {
    /// Alarms.
    Alarms,
    /// Ends of certificates and trust.
    Expiries,
    /// A report.
    Report,
}

impl Kind {
    const fn number(self) -> i64 {
        match self {
            Self::Alarms => 0,
            Self::Expiries => 1,
            Self::Report => 2,
        }
    }

    const fn of(number: i64) -> Self {
        match number {
            0 => Self::Alarms,
            1 => Self::Expiries,
            _ => Self::Report,
        }
    }
}

/// Where a letter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MailLetterState)]
pub enum LetterState {
    /// It waits.
    Waiting,
    /// A server took it.
    Sent,
    /// It will never go.
    GivenUp,
}

const WAITING: i64 = 0;
const SENT: i64 = 1;
const GIVEN_UP: i64 = 2;

/// A letter to be kept.
#[derive(Debug, Clone)]
pub(super) struct New {
    /// Address.
    pub to: String,
    /// About what.
    pub kind: Kind,
    /// One line.
    pub subject: String,
    /// Lines.
    pub text: String,
    /// A file.
    pub file: Option<Attachment>,
}

/// A letter that waits, whole.
#[derive(Debug, Clone)]
pub(super) struct Due {
    /// Which.
    pub id: i64,
    /// When it was written.
    pub made_at: Timestamp,
    /// How often it was tried.
    pub tries: u32,
    /// What it says.
    pub letter: New,
}

/// A letter in the list, without its text.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = MailLetter)]
pub struct Queued {
    /// Which.
    pub id: i64,
    /// To whom.
    pub to: String,
    /// About what.
    pub kind: Kind,
    /// Its subject.
    pub subject: String,
    /// When it was written.
    pub made_at: Time,
    /// Where it is.
    pub state: LetterState,
    /// How often it was tried without success.
    pub tries: u32,
    /// When it is tried next.
    #[schema(required)]
    pub next_at: Option<Time>,
    /// When it went, or was given up.
    #[schema(required)]
    pub done_at: Option<Time>,
    /// Why it did not go, as in the failures of the server.
    #[schema(required)]
    pub code: Option<String>,
    /// The server's receipt, or its words on why it did not take it.
    pub detail: String,
}

/// What waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Queue {
    /// How many.
    pub waiting: u64,
    /// Since when the oldest does.
    pub oldest_at: Option<Timestamp>,
}

/// Keeps a letter.
///
/// # Errors
/// When the store fails.
pub(super) fn put(tx: &Transaction<'_>, letter: &New, now: Timestamp) -> Result<(), StoreError> {
    let (name, mime, bytes) = match &letter.file {
        Some(Attachment { name, mime, bytes }) => (Some(name), Some(mime), Some(bytes)),
        None => (None, None, None),
    };
    tx.execute(
        "insert into mail (recipient, kind, subject, body, file_name, file_mime, file, made_at, next_at, state)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9)",
        params![letter.to, letter.kind.number(), letter.subject, letter.text, name, mime, bytes, now.0, WAITING],
    )?;
    tx.execute(
        "update mail set state = ?1, done_at = ?2, code = 'too_many', body = '', file = null where state = ?3 and id <= (
           select id from mail where state = ?3 order by id desc limit 1 offset ?4)",
        params![GIVEN_UP, now.0, WAITING, MAX_WAITING],
    )?;
    prune(tx)
}

fn prune(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.execute(
        "delete from mail where state <> ?1 and id <= (select id from mail where state <> ?1 order by id desc limit 1 offset ?2)",
        params![WAITING, KEPT],
    )?;
    Ok(())
}

/// The next letter that is due, the oldest first.
///
/// # Errors
/// When the store fails.
pub(super) fn due(tx: &Transaction<'_>, now: Timestamp) -> Result<Option<Due>, StoreError> {
    let sql = "select id, made_at, tries, recipient, kind, subject, body, file_name, file_mime, file from mail
               where state = ?1 and next_at <= ?2 order by id limit 1";
    let row = |row: &Row<'_>| {
        let (name, mime, bytes): (Option<String>, Option<String>, Option<Vec<u8>>) = (row.get(7)?, row.get(8)?, row.get(9)?);
        let file = name.zip(mime).zip(bytes).map(|((name, mime), bytes)| Attachment { name, mime, bytes });
        let letter = New { to: row.get(3)?, kind: Kind::of(row.get(4)?), subject: row.get(5)?, text: row.get(6)?, file };
        Ok(Due { id: row.get(0)?, made_at: Timestamp(row.get(1)?), tries: row.get(2)?, letter })
    };
    Ok(tx.query_row(sql, params![WAITING, now.0], row).optional()?)
}

/// When a letter is due next; `None` when none waits.
///
/// # Errors
/// When the store fails.
pub(super) fn next_at(tx: &Transaction<'_>) -> Result<Option<Timestamp>, StoreError> {
    let next: Option<i64> = tx.query_row("select min(next_at) from mail where state = ?1", [WAITING], |row| row.get(0))?;
    Ok(next.map(Timestamp))
}

/// Notes that a server took a letter. Of its text nothing is kept.
///
/// # Errors
/// When the store fails.
pub(super) fn sent(tx: &Transaction<'_>, id: i64, receipt: &str, now: Timestamp) -> Result<(), StoreError> {
    done(tx, id, SENT, (None, receipt), now)
}

/// Notes that a letter will never go.
///
/// # Errors
/// When the store fails.
pub(super) fn given_up(tx: &Transaction<'_>, id: i64, why: (&str, &str), now: Timestamp) -> Result<(), StoreError> {
    done(tx, id, GIVEN_UP, (Some(why.0), why.1), now)
}

fn done(
    tx: &Transaction<'_>,
    id: i64,
    state: i64,
    (code, detail): (Option<&str>, &str),
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "update mail set state = ?1, done_at = ?2, code = ?3, detail = ?4, body = '', file = null where id = ?5",
        params![state, now.0, code, detail, id],
    )?;
    prune(tx)
}

/// Notes that a letter did not go, and when it is tried again.
///
/// # Errors
/// When the store fails.
pub(super) fn again(tx: &Transaction<'_>, id: i64, why: (&str, &str), next_at: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "update mail set tries = tries + 1, next_at = ?1, code = ?2, detail = ?3 where id = ?4 and state = ?5",
        params![next_at.0, why.0, why.1, id, WAITING],
    )?;
    Ok(())
}

/// What waits.
///
/// # Errors
/// When the store fails.
pub(super) fn waiting(tx: &Transaction<'_>) -> Result<Queue, StoreError> {
    let sql = "select count(*), min(made_at) from mail where state = ?1";
    Ok(tx.query_row(sql, [WAITING], |row| {
        Ok(Queue { waiting: row.get::<_, i64>(0)?.unsigned_abs(), oldest_at: row.get::<_, Option<i64>>(1)?.map(Timestamp) })
    })?)
}

/// Letters, newest first, with ids below `before`.
///
/// # Errors
/// When the store fails.
pub fn list(tx: &Transaction<'_>, before: Option<i64>, limit: u32) -> Result<Vec<Queued>, StoreError> {
    let mut statement = tx.prepare(
        "select id, recipient, kind, subject, made_at, state, tries, next_at, done_at, code, detail from mail
         where id < ?1 order by id desc limit ?2",
    )?;
    let rows = statement.query_map(params![before.unwrap_or(i64::MAX), limit], |row| {
        let time = |at: Option<i64>| at.map(|at| Time(Timestamp(at)));
        let state = match row.get(5)? {
            WAITING => LetterState::Waiting,
            SENT => LetterState::Sent,
            _ => LetterState::GivenUp,
        };
        Ok(Queued {
            id: row.get(0)?,
            to: row.get(1)?,
            kind: Kind::of(row.get(2)?),
            subject: row.get(3)?,
            made_at: Time(Timestamp(row.get(4)?)),
            state,
            tries: row.get(6)?,
            next_at: time(row.get(7)?).filter(|_| state == LetterState::Waiting),
            done_at: time(row.get(8)?),
            code: row.get(9)?,
            detail: row.get(10)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Gives up a letter that waits, because somebody asks for it.
///
/// # Errors
/// `NotFound` when it does not wait; when the store fails.
pub fn remove(tx: &Transaction<'_>, id: i64, now: Timestamp) -> Result<(), StoreError> {
    let sql = "update mail set state = ?1, done_at = ?2, code = 'taken_back', detail = '', body = '', file = null where id = ?3 and state = ?4";
    match tx.execute(sql, params![GIVEN_UP, now.0, id, WAITING])? {
        0 => Err(StoreError::NotFound),
        _ => prune(tx),
    }
}
