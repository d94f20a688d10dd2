//! Tagged data (clause 20.2): a byte that says what follows and how long it is, then that.

use super::code::{ObjectId, Reject};

/// A date and time of day without zone (clauses 20.2.12 and 20.2.13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    /// Year less 1900, month, day, day of the week (1 is Monday).
    pub(crate) date: [u8; 4],
    /// Hour, minute, second, hundredths.
    pub(crate) time: [u8; 4],
}

/// Application tags.
const BOOLEAN: u8 = 1;
const UNSIGNED: u8 = 2;
const SIGNED: u8 = 3;
const REAL: u8 = 4;
const DOUBLE: u8 = 5;
const OCTETS: u8 = 6;
const TEXT: u8 = 7;
const BITS: u8 = 8;
const ENUMERATED: u8 = 9;
const DATE: u8 = 10;
const TIME: u8 = 11;
const OBJECT: u8 = 12;

/// Tagged data that is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Writer(Vec<u8>);

/// As many bytes as a number needs, at least one.
fn shortest(number: u64) -> ([u8; 8], usize) {
    (number.to_be_bytes(), (number.leading_zeros() as usize / 8).min(7))
}

impl Writer {
    pub(crate) fn done(self) -> Vec<u8> {
        self.0
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes back what was written after `len` bytes.
    pub(crate) fn back_to(&mut self, len: usize) {
        self.0.truncate(len);
    }

    /// Bytes that are tagged already.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    fn head(&mut self, number: u8, is_context: bool, length: usize) {
        // Numbers beyond 14 have a byte of their own; no production used here has one.
        let first = (number << 4) | (u8::from(is_context) << 3);
        match length {
            0..=4 => self.0.push(first | length as u8),
            5..=253 => self.0.extend([first | 5, length as u8]),
            254..=0xFFFF => self.0.extend([first | 5, 254, (length >> 8) as u8, (length & 0xFF) as u8]),
            _ => {
                self.0.extend([first | 5, 255]);
                self.0.extend_from_slice(&(length as u32).to_be_bytes());
            }
        }
    }

    fn put(&mut self, number: u8, is_context: bool, content: &[u8]) -> &mut Self {
        self.head(number, is_context, content.len());
        self.raw(content)
    }

    pub(crate) fn open(&mut self, number: u8) -> &mut Self {
        self.0.push((number << 4) | 0x0E);
        self
    }

    pub(crate) fn close(&mut self, number: u8) -> &mut Self {
        self.0.push((number << 4) | 0x0F);
        self
    }

    pub(crate) fn context_unsigned(&mut self, number: u8, value: u64) -> &mut Self {
        let (bytes, from) = shortest(value);
        self.put(number, true, bytes.get(from..).unwrap_or_default())
    }

    pub(crate) fn context_object(&mut self, number: u8, object: ObjectId) -> &mut Self {
        self.put(number, true, &object.bits().to_be_bytes())
    }

    pub(crate) fn context_bool(&mut self, number: u8, value: bool) -> &mut Self {
        self.put(number, true, &[u8::from(value)])
    }

    pub(crate) fn context_real(&mut self, number: u8, value: f32) -> &mut Self {
        self.put(number, true, &value.to_be_bytes())
    }

    pub(crate) fn context_null(&mut self, number: u8) -> &mut Self {
        self.put(number, true, &[])
    }

    pub(crate) fn context_bits(&mut self, number: u8, bits: &[bool]) -> &mut Self {
        self.put(number, true, &bit_string(bits))
    }

    #[cfg(test)]
    pub(crate) fn context_text(&mut self, number: u8, text: &str) -> &mut Self {
        self.put(number, true, &character_string(text))
    }

    pub(crate) fn boolean(&mut self, value: bool) -> &mut Self {
        self.0.push((BOOLEAN << 4) | u8::from(value));
        self
    }

    pub(crate) fn unsigned(&mut self, value: u64) -> &mut Self {
        let (bytes, from) = shortest(value);
        self.put(UNSIGNED, false, bytes.get(from..).unwrap_or_default())
    }

    pub(crate) fn signed(&mut self, value: i16) -> &mut Self {
        match i8::try_from(value) {
            Ok(small) => self.put(SIGNED, false, &small.to_be_bytes()),
            Err(_) => self.put(SIGNED, false, &value.to_be_bytes()),
        }
    }

    pub(crate) fn real(&mut self, value: f32) -> &mut Self {
        self.put(REAL, false, &value.to_be_bytes())
    }

    pub(crate) fn double(&mut self, value: f64) -> &mut Self {
        self.put(DOUBLE, false, &value.to_be_bytes())
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.put(OCTETS, false, bytes)
    }

    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.put(TEXT, false, &character_string(text))
    }

    pub(crate) fn bits(&mut self, bits: &[bool]) -> &mut Self {
        self.put(BITS, false, &bit_string(bits))
    }

    pub(crate) fn enumerated(&mut self, value: u32) -> &mut Self {
        let (bytes, from) = shortest(value.into());
        self.put(ENUMERATED, false, bytes.get(from..).unwrap_or_default())
    }

    pub(crate) fn date(&mut self, moment: Moment) -> &mut Self {
        self.put(DATE, false, &moment.date)
    }

    pub(crate) fn time(&mut self, moment: Moment) -> &mut Self {
        self.put(TIME, false, &moment.time)
    }

    pub(crate) fn object(&mut self, object: ObjectId) -> &mut Self {
        self.put(OBJECT, false, &object.bits().to_be_bytes())
    }
}

/// A character string in UTF-8 (clause 20.2.9).
fn character_string(text: &str) -> Vec<u8> {
    [&[0], text.as_bytes()].concat()
}

/// Bits from the first on, with the count of those that are unused in the last byte (clause 20.2.10).
fn bit_string(bits: &[bool]) -> Vec<u8> {
    let mut bytes = vec![(bits.len().next_multiple_of(8) - bits.len()) as u8];
    bytes.extend(bits.chunks(8).map(|byte| (0u8..).zip(byte).fold(0, |all, (at, bit)| all | (u8::from(*bit) << (7 - at)))));
    bytes
}

/// What the next tag is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Head {
    Application(u8),
    Context(u8),
    Opening(u8),
    Closing(u8),
}

/// Tagged data that is read, from its beginning.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Nothing may follow.
    pub(crate) fn finish(self) -> Result<(), Reject> {
        if self.0.is_empty() { Ok(()) } else { Err(Reject::TooManyArguments) }
    }

    /// What comes next, its content (of a boolean: its value), and the rest.
    fn next(&self) -> Result<(Head, &'a [u8], &'a [u8]), Reject> {
        let (first, mut rest) = self.0.split_first().ok_or(Reject::MissingParameter)?;
        let (mut number, is_context, length) = (first >> 4, first & 8 != 0, first & 7);
        if number == 15 {
            (number, rest) = rest.split_first().map(|(number, rest)| (*number, rest)).ok_or(Reject::InvalidTag)?;
        }
        match (is_context, length) {
            (true, 6) => return Ok((Head::Opening(number), &[], rest)),
            (true, 7) => return Ok((Head::Closing(number), &[], rest)),
            (false, 6 | 7) => return Err(Reject::InvalidTag),
            // The value itself stands where else a length does.
            (false, value) if number == BOOLEAN => {
                return Ok((Head::Application(number), if value == 0 { &[0] } else { &[1] }, rest));
            }
            _ => {}
        }
        let length = match length {
            5 => {
                let (short, after) = rest.split_first().ok_or(Reject::InvalidTag)?;
                rest = after;
                match short {
                    254 => {
                        let (bytes, after) = rest.split_first_chunk::<2>().ok_or(Reject::InvalidTag)?;
                        rest = after;
                        usize::from(u16::from_be_bytes(*bytes))
                    }
                    // No datagram holds so much.
                    255 => return Err(Reject::InvalidTag),
                    short => usize::from(*short),
                }
            }
            length => usize::from(length),
        };
        let (content, rest) = rest.split_at_checked(length).ok_or(Reject::InvalidTag)?;
        Ok((if is_context { Head::Context(number) } else { Head::Application(number) }, content, rest))
    }

    fn take(&mut self, wanted: Head) -> Result<&'a [u8], Reject> {
        let (head, content, rest) = self.next()?;
        if head != wanted {
            return Err(Reject::InvalidTag);
        }
        self.0 = rest;
        Ok(content)
    }

    fn take_if(&mut self, wanted: Head) -> Result<Option<&'a [u8]>, Reject> {
        match self.next() {
            Ok((head, content, rest)) if head == wanted => {
                self.0 = rest;
                Ok(Some(content))
            }
            Ok(_) | Err(Reject::MissingParameter) => Ok(None),
            Err(reject) => Err(reject),
        }
    }

    pub(crate) fn open(&mut self, number: u8) -> Result<(), Reject> {
        self.take(Head::Opening(number)).map(|_| ())
    }

    pub(crate) fn open_if(&mut self, number: u8) -> Result<bool, Reject> {
        Ok(self.take_if(Head::Opening(number))?.is_some())
    }

    pub(crate) fn close(&mut self, number: u8) -> Result<(), Reject> {
        self.take(Head::Closing(number)).map(|_| ())
    }

    pub(crate) fn close_if(&mut self, number: u8) -> Result<bool, Reject> {
        Ok(self.take_if(Head::Closing(number))?.is_some())
    }

    pub(crate) fn context_unsigned(&mut self, number: u8) -> Result<u32, Reject> {
        self.context_unsigned_if(number)?.ok_or(Reject::MissingParameter)
    }

    pub(crate) fn context_unsigned_if(&mut self, number: u8) -> Result<Option<u32>, Reject> {
        self.take_if(Head::Context(number))?.map(unsigned).transpose()
    }

    pub(crate) fn context_bool_if(&mut self, number: u8) -> Result<Option<bool>, Reject> {
        Ok(self.context_unsigned_if(number)?.map(|value| value != 0))
    }

    pub(crate) fn context_object(&mut self, number: u8) -> Result<ObjectId, Reject> {
        self.context_object_if(number)?.ok_or(Reject::MissingParameter)
    }

    pub(crate) fn context_object_if(&mut self, number: u8) -> Result<Option<ObjectId>, Reject> {
        self.take_if(Head::Context(number))?.map(object).transpose()
    }

    /// A text in UTF-8 or in what of it all share; others are not compared with ours.
    pub(crate) fn context_text_if(&mut self, number: u8) -> Result<Option<&'a str>, Reject> {
        self.take_if(Head::Context(number))?.map(text).transpose()
    }

    pub(crate) fn unsigned(&mut self) -> Result<u32, Reject> {
        unsigned(self.take(Head::Application(UNSIGNED))?)
    }

    pub(crate) fn signed(&mut self) -> Result<i16, Reject> {
        match self.take(Head::Application(SIGNED))? {
            [one] => Ok(i16::from(one.cast_signed())),
            [high, low] => Ok(i16::from_be_bytes([*high, *low])),
            _ => Err(Reject::OutOfRange),
        }
    }

    pub(crate) fn enumerated(&mut self) -> Result<u32, Reject> {
        unsigned(self.take(Head::Application(ENUMERATED))?)
    }

    pub(crate) fn object(&mut self) -> Result<ObjectId, Reject> {
        object(self.take(Head::Application(OBJECT))?)
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, Reject> {
        text(self.take(Head::Application(TEXT))?)
    }

    pub(crate) fn real(&mut self) -> Result<f32, Reject> {
        let bytes = self.take(Head::Application(REAL))?;
        Ok(f32::from_be_bytes(bytes.try_into().map_err(|_| Reject::OutOfRange)?))
    }

    /// A date and a time of day, one after the other.
    pub(crate) fn moment(&mut self) -> Result<Moment, Reject> {
        let mut four = |tag| self.take(Head::Application(tag))?.try_into().map_err(|_| Reject::OutOfRange);
        Ok(Moment { date: four(DATE)?, time: four(TIME)? })
    }
}

fn unsigned(content: &[u8]) -> Result<u32, Reject> {
    match content {
        [] | [_, _, _, _, _, ..] => Err(Reject::OutOfRange),
        bytes => Ok(bytes.iter().fold(0, |all, byte| (all << 8) | u32::from(*byte))),
    }
}

fn object(content: &[u8]) -> Result<ObjectId, Reject> {
    Ok(ObjectId::from_bits(u32::from_be_bytes(content.try_into().map_err(|_| Reject::OutOfRange)?)))
}

fn text(content: &[u8]) -> Result<&str, Reject> {
    let rest = content.strip_prefix(&[0]).ok_or(Reject::OutOfRange)?;
    std::str::from_utf8(rest).map_err(|_| Reject::OutOfRange)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::code::ObjectType;
    use proptest::prelude::*;

    fn written(write: impl for<'w> FnOnce(&'w mut Writer) -> &'w mut Writer) -> Vec<u8> {
        let mut writer = Writer::default();
        write(&mut writer);
        writer.done()
    }

    /// Examples of clause 20.2.
    #[test]
    fn values_are_written_as_the_standard_shows_them() {
        type Write = fn(&mut Writer) -> &mut Writer;
        let examples: [(Write, &[u8]); 12] = [
            (|to| to.boolean(false), &[0x10]),
            (|to| to.unsigned(72), &[0x21, 0x48]),
            (|to| to.signed(72), &[0x31, 0x48]),
            (|to| to.real(72.0), &[0x44, 0x42, 0x90, 0, 0]),
            (|to| to.double(72.0), &[0x55, 0x08, 0x40, 0x52, 0, 0, 0, 0, 0, 0]),
            (|to| to.text("This is a BACnet string!"), b"\x75\x19\x00This is a BACnet string!"),
            (|to| to.bits(&[true, false, true, false, true]), &[0x82, 0x03, 0xA8]),
            (|to| to.enumerated(0), &[0x91, 0x00]),
            (|to| to.date(Moment { date: [91, 1, 24, 4], time: [0; 4] }), &[0xA4, 0x5B, 0x01, 0x18, 0x04]),
            (|to| to.time(Moment { date: [0; 4], time: [17, 35, 45, 17] }), &[0xB4, 0x11, 0x23, 0x2D, 0x11]),
            (|to| to.object(ObjectId::new(ObjectType::BINARY_INPUT, 15)), &[0xC4, 0x00, 0xC0, 0x00, 0x0F]),
            (|to| to.context_unsigned(2, 256), &[0x2A, 0x01, 0x00]),
        ];
        for (write, bytes) in examples {
            assert_eq!(written(write), bytes);
        }
        assert_eq!(&written(|to| to.text(&"x".repeat(300)))[..4], [0x75, 254, 0x01, 0x2D]);
    }

    #[test]
    fn what_is_cut_is_no_value() {
        for cut in [&[0x21][..], &[0x2D, 3, 1], &[0x25], &[0x25, 254, 1], &[0x25, 255, 0, 0, 0, 1, 9], &[0xF9]] {
            assert!(Reader::new(cut).unsigned().is_err(), "{cut:?}");
        }
        assert_eq!(Reader::new(&[]).unsigned(), Err(Reject::MissingParameter));
        assert_eq!(Reader::new(&[0x25, 5, 1, 1, 1, 1, 1]).unsigned(), Err(Reject::OutOfRange));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(number: u32, context in 0u8..15, instance in 0..ObjectId::ANY, kind in 0u16..1024, words in ".{0,80}", short: i16) {
            let object = ObjectId::new(ObjectType(kind), instance);
            let bytes = written(|to| {
                to.unsigned(number.into()).context_unsigned(context, number.into()).context_object(context, object);
                to.object(object).text(&words).context_text(context, &words).enumerated(number).signed(short).open(context).close(context)
            });
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.unsigned(), Ok(number));
            prop_assert_eq!(reader.context_unsigned(context), Ok(number));
            prop_assert_eq!(reader.context_object(context), Ok(object));
            prop_assert_eq!(reader.object(), Ok(object));
            prop_assert_eq!(reader.text(), Ok(words.as_str()));
            prop_assert_eq!(reader.context_text_if(context), Ok(Some(words.as_str())));
            prop_assert_eq!(reader.enumerated(), Ok(number));
            prop_assert_eq!(reader.signed(), Ok(short));
            prop_assert!(reader.open(context).and_then(|()| reader.close(context)).and_then(|()| reader.finish()).is_ok());
        }

        /// Each step takes bytes or fails: whoever reads in a loop comes to an end.
        #[test]
        fn any_bytes_are_read_to_an_end(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let mut at = &bytes[..];
            while let Ok((_, content, rest)) = Reader::new(at).next() {
                prop_assert!(rest.len() < at.len() && content.len() <= at.len());
                at = rest;
            }
        }
    }
}
