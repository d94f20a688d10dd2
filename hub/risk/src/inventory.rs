//! Assets: what is known of one, what may be said of it, and who may say it.
//!
//! The same checks hold for a form, for a row of an imported table and for what a gateway brings. Rejected: an asset as a bag of
//! free columns, which every port would fill otherwise and no advisory would ever match.

mod draft;
mod field;
mod import;
pub mod segmentation;
#[cfg(test)]
mod tests;

pub use draft::{CRITICALITY, Draft, Fault};
pub use field::Field;
pub use import::{Around, Heading, HeadingFault, Known, Named, Outcome, RowState, plan};

/// A text as it is compared with others: without accents, case, spaces and punctuation.
pub(crate) fn fold(text: &str) -> String {
    let plain = |sign: char| match sign {
        'à' | 'â' | 'ä' | 'á' | 'å' | 'ã' => 'a',
        'ç' => 'c',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'î' | 'ï' | 'í' => 'i',
        'ô' | 'ö' | 'ó' | 'õ' => 'o',
        'ù' | 'û' | 'ü' | 'ú' => 'u',
        'ñ' => 'n',
        other => other,
    };
    text.chars().flat_map(char::to_lowercase).map(plain).filter(|sign| sign.is_alphanumeric()).collect()
}
