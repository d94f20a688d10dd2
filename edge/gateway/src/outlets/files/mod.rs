//! Files: measurements go to a server as files, period after period, by FTPS, SFTP or HTTPS.
//!
//! No file is kept here: history is, and how far each export has come. What a period holds is read when it is sent, so that an outage
//! costs nothing but time, and a file is noted as sent only when the server has all of it. A file that was sent in the moment before
//! a loss of power goes once more under the same name, in place of itself.

mod desk;
mod names;
mod period;
mod plan;
mod progress;
mod server;
mod settings;
mod trial;

pub use desk::{Counted, Desk, Parts};
pub use period::Every;
pub use progress::{Reached, SentFile, list};
pub use server::Account;
pub use settings::{FileExport, FileProtocol, FilesSettings, Measured};
pub use trial::converse as test;
