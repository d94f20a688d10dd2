//! All that the engine can reach: one template, one report, two fonts. No file system, no network, no packages, no clock.

use super::ReportError;
use std::sync::LazyLock;
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook, FontInfo};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

const FAMILY: &str = "IBM Plex Sans";
const TEMPLATE: &str = include_str!("report.typ");
static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| LazyHash::new(Library::default()));
static FONTS: LazyLock<Vec<Font>> = LazyLock::new(|| {
    let files: [&'static [u8]; 2] =
        [include_bytes!("../../fonts/IBMPlexSans-Regular.ttf"), include_bytes!("../../fonts/IBMPlexSans-SemiBold.ttf")];
    files.into_iter().flat_map(|file| Font::iter(Bytes::new(file))).collect()
});
static BOOK: LazyLock<LazyHash<FontBook>> = LazyLock::new(|| {
    // The engine would take the second one, which calls itself "IBM Plex Sans SmBld", for another family.
    let infos = FONTS.iter().map(|font| FontInfo { family: FAMILY.to_owned(), ..font.info().clone() });
    LazyHash::new(FontBook::from_infos(infos))
});

/// Whether each of the fonts can show a character.
pub(super) fn can_show(one: char) -> bool {
    FONTS.iter().all(|font| font.info().coverage.contains(one as u32))
}

/// One report about to be set.
pub(super) struct Paper {
    template: Source,
    report: FileId,
    json: Bytes,
}

impl Paper {
    /// Takes what the template reads as `report.json`.
    pub(super) fn new(json: Vec<u8>) -> Result<Self, ReportError> {
        Ok(Self {
            template: Source::new(named("report.typ")?, TEMPLATE.to_owned()),
            report: named("report.json")?,
            json: Bytes::new(json),
        })
    }
}

fn named(name: &str) -> Result<FileId, ReportError> {
    let path = VirtualPath::new(name).map_err(|error| ReportError::Set(error.to_string()))?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

impl World for Paper {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &BOOK
    }

    fn main(&self) -> FileId {
        self.template.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.template.id() { Ok(self.template.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.report { Ok(self.json.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        FONTS.get(index).cloned()
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}
