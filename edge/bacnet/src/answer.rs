//! What a confirmed request comes to. Pure.

use crate::log::{self, Chosen};
use crate::model::{Device, Object, What};
use crate::present::present;
use crate::properties::{COMMON, View, listed};
use crate::site::Facts;
use crate::wire::apdu::Takes;
use crate::wire::code::{Abort, Failed, ObjectId, Refused, Reject, confirmed, property};
use crate::wire::service::{self, Asked, Subscribe};
use crate::wire::tag::Writer;

/// Longest answer, in bytes.
const LONGEST: usize = 64 * 1024;

/// What a request comes to.
#[derive(Debug)]
pub(crate) enum Answer {
    /// This content.
    Content(Vec<u8>),
    /// A subscription is to be made, or cancelled.
    Subscribe(Subscribe),
    /// Records are to be fetched first.
    Fetch(Asked, Chosen),
    /// An error with this content.
    Error(Vec<u8>),
}

/// What a request to `device` comes to.
///
/// # Errors
/// Why it comes to nothing.
pub(crate) fn answer(view: &View<'_>, device: &Device, service: u8, data: &[u8], takes: Takes) -> Result<Answer, Failed> {
    match service {
        confirmed::READ_PROPERTY => read_property(view, device, service::read_property(data)?).map(Answer::Content),
        confirmed::READ_PROPERTY_MULTIPLE => {
            read_multiple(view, device, &service::read_property_multiple(data)?).map(Answer::Content)
        }
        confirmed::SUBSCRIBE_COV => subscribe(view.facts, device, service::subscribe_cov(data)?).map(Answer::Subscribe),
        confirmed::READ_RANGE => read_range(view, device, service::read_range(data)?, takes),
        // Whatever it is, nobody may write it.
        confirmed::WRITE_PROPERTY => {
            service::first_written(data, false)?;
            Err(Refused::WRITE_ACCESS_DENIED.into())
        }
        confirmed::WRITE_PROPERTY_MULTIPLE => Ok(Answer::Error(write_refused(service::first_written(data, true)?))),
        _ => Err(Reject::UnrecognizedService.into()),
    }
}

fn known(device: &Device, id: ObjectId) -> Result<&Object, Refused> {
    device.object(id).ok_or(Refused::UNKNOWN_OBJECT)
}

fn read_property(view: &View<'_>, device: &Device, asked: Asked) -> Result<Vec<u8>, Failed> {
    let object = known(device, asked.object)?;
    let mut to = Writer::default();
    to.context_object(0, object.id).context_unsigned(1, asked.property.into());
    if let Some(index) = asked.index {
        to.context_unsigned(2, index.into());
    }
    to.open(3);
    view.write(device, object, (asked.property, asked.index), &mut to)?;
    to.close(3);
    Ok(to.done())
}

fn read_multiple(view: &View<'_>, device: &Device, all: &[(ObjectId, Vec<Asked>)]) -> Result<Vec<u8>, Failed> {
    let mut to = Writer::default();
    for (id, asked) in all {
        let object = known(device, *id);
        to.context_object(0, object.map_or(*id, |object| object.id)).open(1);
        for Asked { property, index, .. } in asked {
            let Ok(object) = object else {
                result(&mut to, *property, *index, |_| Err(Refused::UNKNOWN_OBJECT));
                continue;
            };
            let (required, optional) = listed(&object.what);
            let (common, required, optional): (&[u32], &[u32], &[u32]) = match *property {
                property::ALL => (&COMMON, required, optional),
                property::REQUIRED => (&COMMON, required, &[]),
                property::OPTIONAL => (&[], &[], optional),
                property => {
                    result(&mut to, property, *index, |to| view.write(device, object, (property, *index), to));
                    continue;
                }
            };
            // The buffer of a log cannot be read so.
            for property in common.iter().chain(required).chain(optional).filter(|one| **one != property::LOG_BUFFER) {
                result(&mut to, *property, None, |to| view.write(device, object, (*property, None), to));
            }
            if to.len() > LONGEST {
                return Err(Abort::BufferOverflow.into());
            }
        }
        to.close(1);
        if to.len() > LONGEST {
            return Err(Abort::BufferOverflow.into());
        }
    }
    Ok(to.done())
}

fn result(to: &mut Writer, property: u32, index: Option<u32>, write: impl FnOnce(&mut Writer) -> Result<(), Refused>) {
    to.context_unsigned(2, property.into());
    if let Some(index) = index {
        to.context_unsigned(3, index.into());
    }
    let before = to.len();
    to.open(4);
    match write(to) {
        Ok(()) => to.close(4),
        Err(Refused { class, code }) => {
            to.back_to(before);
            to.open(5).enumerated(class).enumerated(code).close(5)
        }
    };
}

fn subscribe(facts: &dyn Facts, device: &Device, asked: Subscribe) -> Result<Subscribe, Failed> {
    let object = known(device, asked.object)?;
    match present(device, &object.what, facts) {
        None => Err(Refused::NOT_COV.into()),
        Some(_) => Ok(asked),
    }
}

fn read_range(view: &View<'_>, device: &Device, (asked, span): (Asked, service::Span), takes: Takes) -> Result<Answer, Failed> {
    let object = known(device, asked.object)?;
    let (What::Log(trend), property::LOG_BUFFER) = (object.what, asked.property) else {
        return Err(Refused::NOT_A_LIST.into());
    };
    if asked.index.is_some() {
        return Err(Refused::NOT_AN_ARRAY.into());
    }
    let meter = device.id().ok_or(Refused::UNKNOWN_OBJECT)?;
    let chosen = log::choose((meter, trend), span, takes, (view.facts.now(), &view.model.site.zone))?;
    Ok(Answer::Fetch(asked, chosen))
}

/// The error of WritePropertyMultiple (clause 21): it names what was refused first.
fn write_refused(asked: Asked) -> Vec<u8> {
    let Refused { class, code } = Refused::WRITE_ACCESS_DENIED;
    let mut to = Writer::default();
    to.open(0).enumerated(class).enumerated(code).close(0);
    to.open(1).context_object(0, asked.object).context_unsigned(1, asked.property.into());
    if let Some(index) = asked.index {
        to.context_unsigned(2, index.into());
    }
    to.close(1);
    to.done()
}
