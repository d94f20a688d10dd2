//! Rows of a table as assets: which column is what, which asset a row means, and what would become of it.
//!
//! A row means the asset of its id, else of its name and serial number, else of its name when the table has it once. Columns that are not there change nothing;
//! a cell that is empty clears what is not required. Nothing is guessed: a row that could mean two assets is refused.

use super::{Draft, Fault, Field, fold};
use crate::content::Family;
use std::collections::{BTreeMap, BTreeSet};

/// An asset that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its id.
    pub id: String,
    /// What is said of it.
    pub draft: Draft,
    /// What of it a gateway says.
    pub told: Vec<Field>,
}

/// Something that rows name: a site or a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// What rows refer to.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// The classes of the content.
    pub classes: &'a [Family],
    /// The assets that are there.
    pub known: &'a [Known],
    /// The sites that are there.
    pub sites: &'a [Named],
    /// The zones that are there.
    pub zones: &'a [Named],
}

/// What stands in which column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    columns: Vec<Option<Field>>,
    /// Headings that mean nothing here; their columns are left out.
    pub unknown: Vec<String>,
}

/// Why a heading is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeadingFault {
    /// No column has names.
    #[error("no column is headed Name or Nom")]
    NoName,
    /// Two columns mean the same.
    #[error("two columns are headed {}", .0.title().0)]
    Twice(Field),
}

/// What would become of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RowState {
    /// A new asset.
    New,
    /// An asset that is there, changed.
    Changed,
    /// An asset that is there, as it is.
    Unchanged,
    /// Nothing: something is wrong with it.
    Refused,
}

/// A row, and what would become of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Where it stands in the file, from 1.
    pub line: u64,
    /// What would become of it.
    pub state: RowState,
    /// Place in [`Around::known`] of the asset that it means.
    pub known: Option<usize>,
    /// The asset as it would be.
    pub draft: Draft,
    /// What would change of it.
    pub changed: Vec<Field>,
    /// What is wrong.
    pub faults: Vec<Fault>,
}

impl Heading {
    /// Reads the first row of a table.
    ///
    /// # Errors
    /// [`HeadingFault`].
    pub fn read(cells: &[String]) -> Result<Self, HeadingFault> {
        let columns: Vec<Option<Field>> = cells.iter().map(|cell| Field::by_heading(cell)).collect();
        let mut seen = BTreeSet::new();
        if let Some(twice) = columns.iter().flatten().find(|field| !seen.insert(**field)) {
            return Err(HeadingFault::Twice(*twice));
        }
        if !seen.contains(&Field::Name) {
            return Err(HeadingFault::NoName);
        }
        let unknown = cells.iter().zip(&columns).filter(|(cell, field)| field.is_none() && !cell.trim().is_empty());
        let unknown = unknown.map(|(cell, _)| cell.clone()).collect();
        Ok(Self { columns, unknown })
    }

    /// What a row says: every column that there is, without spaces at the ends.
    fn cells<'a>(&self, row: &'a [String]) -> BTreeMap<Field, &'a str> {
        let cell = |at: usize| row.get(at).map_or("", |cell| cell.trim());
        self.columns.iter().enumerate().filter_map(|(at, field)| Some(((*field)?, cell(at)))).collect()
    }
}

fn same(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}

/// The one thing of this name.
fn named(field: Field, name: &str, things: &[Named]) -> Result<Option<String>, Fault> {
    if name.is_empty() {
        return Ok(None);
    }
    let mut found = things.iter().filter(|thing| same(&thing.name, name));
    match (found.next(), found.next()) {
        (Some(thing), None) => Ok(Some(thing.id.clone())),
        (None, _) => Err(Fault::new(field, "not_found", "the organisation has none of this name")),
        (Some(_), Some(_)) => Err(Fault::new(field, "ambiguous", "the organisation has several of this name")),
    }
}

fn class(text: &str, classes: &[Family]) -> Result<String, Fault> {
    let text = fold(text);
    let mut found =
        classes.iter().filter(|class| [&class.id, &class.title.en, &class.title.fr].iter().any(|name| fold(name) == text));
    let fault = || Fault::new(Field::Class, "not_found", "none of the ten classes, by its code or its name");
    found.next().map(|class| class.id.clone()).ok_or_else(fault)
}

/// The kind of this name, and its class. Of `class` when that is known.
fn kind(text: &str, class: &str, classes: &[Family]) -> Result<(String, String), Fault> {
    let text = fold(text);
    let of = classes.iter().filter(|one| class.is_empty() || one.id == class);
    let mut found = of
        .flat_map(|one| one.entries.iter().map(move |entry| (one, entry)))
        .filter(|(_, entry)| [&entry.id, &entry.title.en, &entry.title.fr].iter().any(|name| fold(name) == text));
    match (found.next(), found.next()) {
        (Some((class, entry)), None) => Ok((class.id.clone(), entry.id.clone())),
        (None, _) => Err(Fault::new(Field::Kind, "not_found", "nothing of that class, by its code or its name")),
        (Some(_), Some(_)) => Err(Fault::new(Field::Kind, "ambiguous", "several classes have it: say which one")),
    }
}

/// What rows have meant so far.
#[derive(Default)]
struct Taken {
    known: BTreeSet<usize>,
    new: BTreeSet<(String, String)>,
    /// How often the table has a name, in lower case.
    names: BTreeMap<String, usize>,
}

impl Taken {
    /// The asset that a row means: its place, or nothing when it is a new one.
    fn meant(&mut self, cells: &BTreeMap<Field, &str>, known: &[Known]) -> Result<Option<usize>, Fault> {
        let cell = |field: Field| cells.get(&field).copied().unwrap_or_default();
        let (id, name, serial) = (cell(Field::Id), cell(Field::Name), cell(Field::Serial));
        if !id.is_empty() {
            let at = known.iter().position(|one| one.id == id);
            let at = at.ok_or_else(|| Fault::new(Field::Id, "not_found", "there is no asset of this id"))?;
            return self.take(at).map(Some);
        }
        let of_name: Vec<usize> =
            (0..known.len()).filter(|at| known.get(*at).is_some_and(|one| same(&one.draft.name, name))).collect();
        let of_serial = |serial: &str| -> Vec<usize> {
            let is = |at: &usize| known.get(*at).is_some_and(|one| same(&one.draft.serial, serial));
            of_name.iter().copied().filter(is).collect()
        };
        let mut meant = of_serial(serial);
        // Of several rows of one name, each means the asset of its own serial number and no other.
        if meant.is_empty() && self.names.get(&name.to_lowercase()) == Some(&1) {
            meant = if serial.is_empty() { of_name.clone() } else { of_serial("") };
        }
        match meant[..] {
            [at] => self.take(at).map(Some),
            [] if self.new.insert((name.to_lowercase(), serial.to_lowercase())) => Ok(None),
            [] => Err(Fault::new(Field::Name, "twice", "a row before is of this name and serial number")),
            _ => Err(Fault::new(Field::Name, "ambiguous", "several assets have this name: give the id or the serial number")),
        }
    }

    fn take(&mut self, at: usize) -> Result<usize, Fault> {
        if self.known.insert(at) { Ok(at) } else { Err(Fault::new(Field::Name, "twice", "a row before means the same asset")) }
    }
}

/// The asset as a row has it, and what is wrong with the row.
fn described(before: Draft, cells: &BTreeMap<Field, &str>, told: &[Field], around: Around<'_>) -> (Draft, Vec<Fault>) {
    let mut faults = Vec::new();
    let mut draft = before;
    let mut or_fault = |found: Result<Option<String>, Fault>, keep: Option<String>| {
        found.unwrap_or_else(|fault| {
            faults.push(fault);
            keep
        })
    };
    // Class before kind: the map has fields in the order of tables.
    for (field, cell) in cells {
        let (field, cell) = (*field, *cell);
        // A gateway says this: a table that says nothing does not contradict it.
        if told.contains(&field) && cell.is_empty() {
            continue;
        }
        match field {
            Field::Id => {}
            // How a table writes a name that means the asset is no new name.
            Field::Name if same(&draft.name, cell) => {}
            Field::Name => draft.name = cell.to_owned(),
            Field::Class if cell.is_empty() => {}
            Field::Class => {
                let keep = draft.class.clone();
                let found = or_fault(class(cell, around.classes).map(Some), Some(keep)).unwrap_or_default();
                if found != draft.class && !cells.contains_key(&Field::Kind) {
                    draft.kind = None;
                }
                draft.class = found;
            }
            Field::Kind if cell.is_empty() => draft.kind = None,
            Field::Kind => {
                let found = kind(cell, &draft.class, around.classes);
                if let (true, Ok((class, _))) = (draft.class.is_empty(), &found) {
                    draft.class.clone_from(class);
                }
                draft.kind = or_fault(found.map(|(_, kind)| Some(kind)), draft.kind.clone());
            }
            Field::Owner => draft.owner = cell.to_owned(),
            Field::Site => draft.site = or_fault(named(field, cell, around.sites), draft.site.clone()),
            Field::Criticality if cell.is_empty() => {}
            // What is no number is no criticality either, and said as such by the checks of every draft.
            Field::Criticality => draft.criticality = cell.parse().unwrap_or(0),
            Field::Make => draft.make = cell.to_owned(),
            Field::Model => draft.model = cell.to_owned(),
            Field::Version => draft.version = cell.to_owned(),
            Field::Serial => draft.serial = cell.to_owned(),
            Field::Address => draft.address = cell.to_owned(),
            Field::Zone => draft.zone = or_fault(named(field, cell, around.zones), draft.zone.clone()),
            Field::Note => draft.note = cell.to_owned(),
        }
    }
    (draft, faults)
}

/// What would become of each row.
pub fn plan<'a>(heading: &Heading, rows: impl IntoIterator<Item = (u64, &'a [String])>, around: Around<'_>) -> Vec<Outcome> {
    let rows: Vec<_> = rows.into_iter().map(|(line, row)| (line, heading.cells(row))).collect();
    let mut taken = Taken::default();
    for (_, cells) in &rows {
        let name = cells.get(&Field::Name).copied().unwrap_or_default().to_lowercase();
        let count = taken.names.entry(name).or_default();
        *count = count.saturating_add(1);
    }
    let outcome = |(line, cells): (u64, BTreeMap<Field, &str>)| {
        let (known, mut faults) = match taken.meant(&cells, around.known) {
            Ok(known) => (known, Vec::new()),
            Err(fault) => (None, vec![fault]),
        };
        let before = known.and_then(|at| around.known.get(at));
        let told = before.map(|before| before.told.as_slice()).unwrap_or_default();
        let start = before.map_or_else(Draft::empty, |before| before.draft.clone());
        let (draft, more) = described(start.clone(), &cells, told, around);
        faults.extend(more);
        for fault in draft.faults(around.classes, told).into_iter().chain(start.overruled(&draft, told)) {
            // One reason for a field is enough.
            if faults.iter().all(|known| known.field != fault.field) {
                faults.push(fault);
            }
        }
        let changed = if before.is_some() { start.differences(&draft) } else { Vec::new() };
        let state = match (faults.is_empty(), before.is_some(), changed.is_empty()) {
            (false, _, _) => RowState::Refused,
            (true, false, _) => RowState::New,
            (true, true, false) => RowState::Changed,
            (true, true, true) => RowState::Unchanged,
        };
        Outcome { line, state, known, draft, changed, faults }
    };
    rows.into_iter().map(outcome).collect()
}
