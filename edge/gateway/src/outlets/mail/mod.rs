//! Mail: alarms, expiries and reports go to people, by SMTP over TLS.
//!
//! What is to be said is written as a letter and kept in one transaction with the note that it was (`news`); a letter that is kept
//! goes when a server takes it (`desk`). So nothing is said twice but after a loss of power between a server's receipt and ours.

mod desk;
mod letters;
mod news;
mod queue;
mod report;
mod server;
mod settings;
mod standing;
mod trial;
mod words;

pub use desk::{Desk, Parts};
pub use news::work as tell_news;
pub use queue::{KEPT, Kind, LetterState, Queue, Queued, list, remove};
pub use server::Account;
pub use settings::{MailReader, MailReport, MailSecurity, MailSettings};
pub use standing::Counted;
pub use trial::converse as test;
pub use words::Language;
