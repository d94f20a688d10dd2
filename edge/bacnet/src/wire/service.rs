//! What services ask (clauses 13, 15 and 16), read from their content.

use super::code::{ObjectId, Reject};
use super::tag::{Moment, Reader};

/// Most properties that one request may name: bounded by its datagram, and by this.
const MOST_PROPERTIES: usize = 512;

/// A property of an object, or an element of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) object: ObjectId,
    pub(crate) property: u32,
    pub(crate) index: Option<u32>,
}

/// Which devices are meant, by instance; `None` for all.
pub(crate) type Range = Option<(u32, u32)>;

/// Who-Is (clause 16.10).
pub(crate) fn who_is(data: &[u8]) -> Result<Range, Reject> {
    let mut reader = Reader::new(data);
    let range = limits(&mut reader)?;
    reader.finish().map(|()| range)
}

fn limits(reader: &mut Reader<'_>) -> Result<Range, Reject> {
    let Some(low) = reader.context_unsigned_if(0)? else { return Ok(None) };
    let high = reader.context_unsigned(1)?;
    if low > high || high > ObjectId::ANY { Err(Reject::OutOfRange) } else { Ok(Some((low, high))) }
}

/// What somebody looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    Object(ObjectId),
    Name(String),
}

/// Who-Has (clause 16.9).
pub(crate) fn who_has(data: &[u8]) -> Result<(Range, Target), Reject> {
    let mut reader = Reader::new(data);
    let range = limits(&mut reader)?;
    let target = match reader.context_object_if(2)? {
        Some(object) => Target::Object(object),
        None => Target::Name(reader.context_text_if(3)?.ok_or(Reject::MissingParameter)?.to_owned()),
    };
    reader.finish().map(|()| (range, target))
}

/// ReadProperty (clause 15.5).
pub(crate) fn read_property(data: &[u8]) -> Result<Asked, Reject> {
    let mut reader = Reader::new(data);
    let object = reader.context_object(0)?;
    let asked = Asked { object, property: reader.context_unsigned(1)?, index: reader.context_unsigned_if(2)? };
    reader.finish().map(|()| asked)
}

/// ReadPropertyMultiple (clause 15.7): objects, with what is asked of each.
pub(crate) fn read_property_multiple(data: &[u8]) -> Result<Vec<(ObjectId, Vec<Asked>)>, Reject> {
    let (mut reader, mut all, mut count) = (Reader::new(data), Vec::new(), 0usize);
    while !reader.is_empty() {
        let object = reader.context_object(0)?;
        let mut of_object = Vec::new();
        reader.open(1)?;
        while !reader.close_if(1)? {
            of_object.push(Asked { object, property: reader.context_unsigned(0)?, index: reader.context_unsigned_if(1)? });
            count += 1;
            if count > MOST_PROPERTIES {
                return Err(Reject::TooManyArguments);
            }
        }
        if of_object.is_empty() {
            return Err(Reject::MissingParameter);
        }
        all.push((object, of_object));
    }
    if all.is_empty() { Err(Reject::MissingParameter) } else { Ok(all) }
}

/// What a request to write named first (clauses 15.9 and 15.10).
pub(crate) fn first_written(data: &[u8], multiple: bool) -> Result<Asked, Reject> {
    let mut reader = Reader::new(data);
    let object = reader.context_object(0)?;
    if multiple {
        reader.open(1)?;
        return Ok(Asked { object, property: reader.context_unsigned(0)?, index: reader.context_unsigned_if(1)? });
    }
    Ok(Asked { object, property: reader.context_unsigned(1)?, index: reader.context_unsigned_if(2)? })
}

/// SubscribeCOV (clause 13.14).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Subscribe {
    /// The subscriber's own number for it.
    pub(crate) process: u32,
    pub(crate) object: ObjectId,
    /// Whether notifications want an answer, and for how many seconds they are wanted (0: for good); `None` cancels.
    pub(crate) terms: Option<(bool, u32)>,
}

pub(crate) fn subscribe_cov(data: &[u8]) -> Result<Subscribe, Reject> {
    let mut reader = Reader::new(data);
    let (process, object) = (reader.context_unsigned(0)?, reader.context_object(1)?);
    let (confirmed, lifetime) = (reader.context_bool_if(2)?, reader.context_unsigned_if(3)?);
    let terms = match (confirmed, lifetime) {
        (None, None) => None,
        (Some(confirmed), lifetime) => Some((confirmed, lifetime.unwrap_or(0))),
        (None, Some(_)) => return Err(Reject::MissingParameter),
    };
    reader.finish().map(|()| Subscribe { process, object, terms })
}

/// From where records are read, and how many: before it when negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Span {
    /// All that fit in an answer.
    All,
    /// The record at this place of the list, from 1.
    Position(u32, i16),
    /// The record of this number.
    Sequence(u32, i16),
    /// Those after, or before, this moment of local time.
    Time(Moment, i16),
}

/// ReadRange (clause 15.8).
pub(crate) fn read_range(data: &[u8]) -> Result<(Asked, Span), Reject> {
    let mut reader = Reader::new(data);
    let object = reader.context_object(0)?;
    let asked = Asked { object, property: reader.context_unsigned(1)?, index: reader.context_unsigned_if(2)? };
    let span = if reader.is_empty() {
        Span::All
    } else if reader.open_if(3)? {
        let span = Span::Position(reader.unsigned()?, count(&mut reader)?);
        reader.close(3).map(|()| span)?
    } else if reader.open_if(6)? {
        let span = Span::Sequence(reader.unsigned()?, count(&mut reader)?);
        reader.close(6).map(|()| span)?
    } else {
        reader.open(7)?;
        let span = Span::Time(reader.moment()?, count(&mut reader)?);
        reader.close(7).map(|()| span)?
    };
    reader.finish().map(|()| (asked, span))
}

fn count(reader: &mut Reader<'_>) -> Result<i16, Reject> {
    match reader.signed()? {
        0 => Err(Reject::OutOfRange),
        count => Ok(count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::code::ObjectType;
    use proptest::prelude::*;

    /// Example of annex F.3.5, without its tags of the message.
    #[test]
    fn the_standards_example_of_read_property_is_read() {
        let asked = read_property(&[0x0C, 0, 0, 0, 5, 0x19, 0x55]).unwrap();
        assert_eq!(asked, Asked { object: ObjectId::new(ObjectType::ANALOG_INPUT, 5), property: 85, index: None });
        assert_eq!(read_property(&[0x0C, 0, 0, 0, 5]), Err(Reject::MissingParameter));
        assert_eq!(read_property(&[0x0C, 0, 0, 0, 5, 0x19, 0x55, 0x29, 1, 0x39, 1]), Err(Reject::TooManyArguments));
    }

    /// Example of annex F.1.10, and a cancellation.
    #[test]
    fn subscriptions_have_terms_or_are_cancelled() {
        let data = [0x09, 0x12, 0x1C, 0, 0, 0, 0x0A, 0x29, 1, 0x39, 0];
        let object = ObjectId::new(ObjectType::ANALOG_INPUT, 10);
        assert_eq!(subscribe_cov(&data), Ok(Subscribe { process: 18, object, terms: Some((true, 0)) }));
        assert_eq!(subscribe_cov(&data[..7]).unwrap().terms, None);
        assert_eq!(subscribe_cov(&[&data[..7], &[0x39, 60]].concat()), Err(Reject::MissingParameter));
    }

    #[test]
    fn ranges_are_limits_in_order() {
        assert_eq!(who_is(&[]), Ok(None));
        assert_eq!(who_is(&[0x09, 3, 0x19, 9]), Ok(Some((3, 9))));
        assert_eq!(who_is(&[0x09, 9, 0x19, 3]), Err(Reject::OutOfRange));
        assert_eq!(who_is(&[0x09, 9]), Err(Reject::MissingParameter));
    }

    #[test]
    fn records_are_asked_for_by_place_number_or_time() {
        let of = [0x0C, 0x05, 0, 0, 1, 0x19, 131];
        let with = |more: &[u8]| read_range(&[&of[..], more].concat()).map(|(_, span)| span);
        assert_eq!(with(&[]), Ok(Span::All));
        assert_eq!(with(&[0x3E, 0x21, 1, 0x31, 10, 0x3F]), Ok(Span::Position(1, 10)));
        assert_eq!(with(&[0x6E, 0x21, 9, 0x31, 0xFF, 0x6F]), Ok(Span::Sequence(9, -1)));
        let moment = Moment { date: [126, 11, 23, 1], time: [6, 0, 0, 0] };
        let by_time = [0x7E, 0xA4, 126, 11, 23, 1, 0xB4, 6, 0, 0, 0, 0x31, 4, 0x7F];
        assert_eq!(with(&by_time), Ok(Span::Time(moment, 4)));
        assert_eq!(with(&[0x3E, 0x21, 1, 0x31, 0, 0x3F]), Err(Reject::OutOfRange));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_request_or_rejected(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = (who_is(&bytes).is_ok(), who_has(&bytes).is_ok(), read_property(&bytes).is_ok(), subscribe_cov(&bytes).is_ok());
            let _ = (read_property_multiple(&bytes).is_ok(), read_range(&bytes).is_ok(), first_written(&bytes, true).is_ok());
        }
    }
}
