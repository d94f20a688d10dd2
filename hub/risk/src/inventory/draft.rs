//! An asset as somebody describes it, checked.

use super::Field;
use crate::content::Family;

/// Longest name or other short text, in characters.
const MAX_TEXT: usize = 100;
/// Longest note, in characters.
const MAX_NOTE: usize = 4_000;
/// From what nobody would miss (1) to what stops the company (4).
pub const CRITICALITY: std::ops::RangeInclusive<u8> = 1..=4;

/// What is said of an asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What people call it.
    pub name: String,
    /// Id of one of the ten classes, such as `OTE`.
    pub class: String,
    /// Id of an item of that class, such as `ote.plc`.
    pub kind: Option<String>,
    /// Who answers for it.
    pub owner: String,
    /// Id of its site.
    pub site: Option<String>,
    /// [`CRITICALITY`].
    pub criticality: u8,
    /// Who made it.
    pub make: String,
    /// Which product it is.
    pub model: String,
    /// Firmware, software or revision.
    pub version: String,
    /// Serial number.
    pub serial: String,
    /// Address in the network, as people write it.
    pub address: String,
    /// Id of its zone.
    pub zone: Option<String>,
    /// Anything else.
    pub note: String,
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Which field.
    pub field: Field,
    /// Stable code.
    pub code: &'static str,
    /// In words.
    pub text: String,
}

impl Fault {
    /// What is wrong with `field`.
    pub fn new(field: Field, code: &'static str, text: impl Into<String>) -> Self {
        Self { field, code, text: text.into() }
    }
}

impl Draft {
    /// An asset of which nothing is known but that it is there.
    pub fn empty() -> Self {
        Self {
            name: String::new(),
            class: String::new(),
            kind: None,
            owner: String::new(),
            site: None,
            criticality: 2,
            make: String::new(),
            model: String::new(),
            version: String::new(),
            serial: String::new(),
            address: String::new(),
            zone: None,
            note: String::new(),
        }
    }

    /// A field as text; empty when it is not set.
    pub fn text(&self, field: Field) -> String {
        match field {
            Field::Id => String::new(),
            Field::Name => self.name.clone(),
            Field::Class => self.class.clone(),
            Field::Kind => self.kind.clone().unwrap_or_default(),
            Field::Owner => self.owner.clone(),
            Field::Site => self.site.clone().unwrap_or_default(),
            Field::Criticality => self.criticality.to_string(),
            Field::Make => self.make.clone(),
            Field::Model => self.model.clone(),
            Field::Version => self.version.clone(),
            Field::Serial => self.serial.clone(),
            Field::Address => self.address.clone(),
            Field::Zone => self.zone.clone().unwrap_or_default(),
            Field::Note => self.note.clone(),
        }
    }

    /// Takes spaces from the ends of every short text.
    #[must_use]
    pub fn trimmed(mut self) -> Self {
        for text in [
            &mut self.name,
            &mut self.owner,
            &mut self.make,
            &mut self.model,
            &mut self.version,
            &mut self.serial,
            &mut self.address,
        ] {
            *text = text.trim().to_owned();
        }
        self
    }

    /// The fields in which two drafts differ.
    pub fn differences(&self, other: &Self) -> Vec<Field> {
        Field::ALL.into_iter().filter(|field| self.text(*field) != other.text(*field)).collect()
    }

    /// What is wrong with it. `classes` are those of the content; whether site and zone exist is not known here. What is
    /// `told` by a gateway is as the gateway tells it and not looked at.
    pub fn faults(&self, classes: &[Family], told: &[Field]) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.name.is_empty() {
            faults.push(Fault::new(Field::Name, "required", "give a name"));
        }
        let short = [Field::Name, Field::Owner, Field::Make, Field::Model, Field::Version, Field::Serial, Field::Address];
        for field in short.into_iter().filter(|field| !told.contains(field)) {
            let text = self.text(field);
            if text.chars().count() > MAX_TEXT || text.chars().any(char::is_control) {
                let what = format!("at most {MAX_TEXT} characters, none of them a control character");
                faults.push(Fault::new(field, "not_valid", what));
            }
        }
        if self.note.chars().count() > MAX_NOTE {
            faults.push(Fault::new(Field::Note, "too_long", format!("at most {MAX_NOTE} characters")));
        }
        if !CRITICALITY.contains(&self.criticality) {
            faults.push(Fault::new(Field::Criticality, "not_valid", "from 1 to 4"));
        }
        match classes.iter().find(|class| class.id == self.class) {
            None if self.class.is_empty() => faults.push(Fault::new(Field::Class, "required", "say which class it is of")),
            None => faults.push(Fault::new(Field::Class, "not_found", "none of the ten classes")),
            Some(class) => {
                if let Some(kind) = &self.kind
                    && !class.entries.iter().any(|entry| entry.id == *kind)
                {
                    faults.push(Fault::new(Field::Kind, "not_found", "nothing of that class"));
                }
            }
        }
        faults
    }

    /// What of `after` may not be said in place of this, because a gateway says it.
    pub fn overruled(&self, after: &Self, told: &[Field]) -> Vec<Fault> {
        let differ = self.differences(after).into_iter().filter(|field| told.contains(field));
        differ.map(|field| Fault::new(field, "from_gateway", "the gateway says this; it cannot be changed here")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::Content;
    use proptest::prelude::*;

    fn classes() -> &'static [Family] {
        &Content::shipped().unwrap().taxonomies.assets.items
    }

    fn plc() -> Draft {
        Draft { name: "Automate 1".to_owned(), class: "OTE".to_owned(), kind: Some("ote.plc".to_owned()), ..Draft::empty() }
    }

    fn codes(draft: &Draft) -> Vec<(Field, &'static str)> {
        draft.faults(classes(), &[]).into_iter().map(|fault| (fault.field, fault.code)).collect()
    }

    #[test]
    fn what_is_wrong_is_said_of_its_field() {
        assert_eq!(codes(&plc()), []);
        assert_eq!(codes(&Draft::empty()), [(Field::Name, "required"), (Field::Class, "required")]);
        assert_eq!(codes(&Draft { class: "XYZ".to_owned(), ..plc() }), [(Field::Class, "not_found")]);
        assert_eq!(codes(&Draft { kind: Some("its.erp".to_owned()), ..plc() }), [(Field::Kind, "not_found")]);
        assert_eq!(codes(&Draft { criticality: 0, ..plc() }), [(Field::Criticality, "not_valid")]);
        assert_eq!(codes(&Draft { serial: "1\n2".to_owned(), ..plc() }), [(Field::Serial, "not_valid")]);
        assert_eq!(codes(&Draft { note: "x".repeat(4_001), ..plc() }), [(Field::Note, "too_long")]);
    }

    #[test]
    fn a_gateway_is_not_overruled() {
        let after = Draft { version: "2".to_owned(), owner: "Léa".to_owned(), ..plc() };
        assert_eq!(plc().differences(&after), [Field::Owner, Field::Version]);
        assert_eq!(plc().overruled(&after, &[Field::Owner]).len(), 1);
        assert_eq!(plc().overruled(&after, &[Field::Version])[0].code, "from_gateway");
        assert_eq!(plc().overruled(&after, &[Field::Make]), []);
    }

    proptest! {
        #[test]
        fn trimming_is_done_once(name in ".{0,40}", make in ".{0,40}") {
            let once = Draft { name, make, ..plc() }.trimmed();
            prop_assert_eq!(&once.clone().trimmed(), &once);
        }
    }
}
