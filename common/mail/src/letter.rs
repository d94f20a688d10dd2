//! What is sent: a text to one person, perhaps with files.

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment as Part, Mailbox, Message, MultiPart, SinglePart};
use lettre::{Address, address::Envelope};
use std::time::SystemTime;

/// A file that goes along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name.
    pub name: String,
    /// Its MIME type, such as `text/csv; charset=utf-8`.
    pub mime: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// A letter to one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Address of the sender.
    pub from: String,
    /// What the sender is called; may be empty.
    pub sender: String,
    /// Address of the reader.
    pub to: String,
    /// One line.
    pub subject: String,
    /// Lines, ended by `\n`.
    pub text: String,
    /// Files.
    pub attachments: Vec<Attachment>,
    /// What tells it from every other, without brackets: `id@domain`. A server that got it twice can tell.
    pub id: String,
    /// When it was written.
    pub at: SystemTime,
}

/// Why a letter cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum LetterError {
    /// Not an address.
    #[error("{0:?} is not an address")]
    Address(String),
    /// A header or file that mail cannot carry.
    #[error("the letter cannot be written: {0}")]
    Unwritable(String),
}

/// The address in `text`, as RFC 5321 has them, without a name beside it.
///
/// # Errors
/// [`LetterError::Address`].
pub fn address(text: &str) -> Result<String, LetterError> {
    parsed(text).map(|address| address.to_string())
}

fn parsed(text: &str) -> Result<Address, LetterError> {
    text.trim().parse().map_err(|_| LetterError::Address(text.to_owned()))
}

/// One line of plain text: what would end a header is a blank.
fn line(text: &str) -> String {
    text.split(|c: char| c.is_control()).collect::<Vec<_>>().join(" ")
}

impl Letter {
    /// From whom to whom, and the bytes in between.
    ///
    /// # Errors
    /// [`LetterError`].
    pub(crate) fn written(&self) -> Result<(Envelope, Vec<u8>), LetterError> {
        let unwritable = |error: &dyn std::fmt::Display| LetterError::Unwritable(error.to_string());
        let sender = line(&self.sender);
        let from = Mailbox::new(Some(sender).filter(|name| !name.is_empty()), parsed(&self.from)?);
        let auto = HeaderName::new_from_ascii_str("Auto-Submitted");
        let builder = Message::builder()
            .from(from)
            .to(Mailbox::new(None, parsed(&self.to)?))
            .subject(line(&self.subject))
            .date(self.at)
            .message_id(Some(format!("<{}>", line(&self.id))))
            // RFC 3834: nobody's holiday notice answers it.
            .raw_header(HeaderValue::new(auto, "auto-generated".to_owned()));
        let text = SinglePart::plain(self.text.clone());
        let message = if self.attachments.is_empty() {
            builder.singlepart(text)
        } else {
            let mut parts = MultiPart::mixed().singlepart(text);
            for file in &self.attachments {
                let mime = ContentType::parse(&file.mime).map_err(|error| unwritable(&error))?;
                parts = parts.singlepart(Part::new(line(&file.name)).body(file.bytes.clone(), mime));
            }
            builder.multipart(parts)
        };
        let message = message.map_err(|error| unwritable(&error))?;
        Ok((message.envelope().clone(), message.formatted()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn letter() -> Letter {
        Letter {
            from: "gateway@plant.example".to_owned(),
            sender: "Quai nº 4".to_owned(),
            to: "watch@port.example".to_owned(),
            subject: "Alarme : puissance élevée".to_owned(),
            text: "Bonjour\n.\nFin\n".to_owned(),
            attachments: Vec::new(),
            id: "7@plant.example".to_owned(),
            at: SystemTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_letter_is_ascii_with_its_headers() {
        let mut letter = letter();
        letter.attachments.push(Attachment {
            name: "semaine.csv".to_owned(),
            mime: "text/csv; charset=utf-8".to_owned(),
            bytes: "é;1\r\n".as_bytes().to_vec(),
        });
        let (envelope, bytes) = letter.written().unwrap();
        assert!(bytes.is_ascii());
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(envelope.to().len(), 1);
        for header in ["Message-ID: <7@plant.example>\r\n", "Auto-Submitted: auto-generated\r\n", "semaine.csv"] {
            assert!(text.contains(header), "{header} in\n{text}");
        }
    }

    #[test]
    fn what_is_not_an_address_is_refused() {
        assert_eq!(address(" watch@port.example ").unwrap(), "watch@port.example");
        for bad in ["", "watch", "a@b\r\nRCPT TO:<c@d>", "Watch <watch@port.example>", "a@b, c@d", "a b@c"] {
            assert!(address(bad).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_in_a_letter_makes_another_header(subject in "\\PC*(\r\n)?[a-z]{1,9}: x", name in "\\PC*\r\nBcc: y@z") {
            let letter = Letter { subject, sender: name, ..letter() };
            let (envelope, bytes) = letter.written().unwrap();
            prop_assert_eq!(envelope.to().len(), 1);
            let text = String::from_utf8(bytes).unwrap();
            let head = text.split("\r\n\r\n").next().unwrap();
            let names: Vec<&str> = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t'])).filter_map(|line| line.split(':').next()).collect();
            prop_assert!(names.iter().all(|name| ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"].contains(name)), "{:?}", names);
        }
    }
}
