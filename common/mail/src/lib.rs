//! Mail, sent to a submission server (RFC 6409) over TLS: from the first byte (RFC 8314) or after STARTTLS (RFC 3207).
//!
//! The stream comes from whoever knows whom to believe; nothing here resolves, connects or speaks TLS. What a server says is
//! bounded in length, and what it refuses is told by the step at which it did.

mod letter;
mod session;
mod starttls;
mod stream;

pub use letter::{Attachment, Letter, LetterError, address};
pub use session::{Session, SessionError, Stage};
pub use starttls::ask_for_tls;
pub use stream::AfterStartTls;
