//! Text that must not be printed.

use serde::Deserialize;
use std::fmt;

/// A password, token or key in text form. `Debug` and `Display` show only that there is one; it is not serialisable.
#[derive(Clone, PartialEq, Eq, Deserialize, schemars::JsonSchema, utoipa::ToSchema)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret text.
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself. Each use is a place to review.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print() {
        let secret = Secret::new("hunter2".to_owned());
        assert!(!format!("{secret:?} {secret}").contains("hunter2"));
    }
}
