//! The list of licences, and which of them this project accepts in what it ships.

use crate::sbom::Component;
use serde_json::{Value, json};

/// Accepted without asking: permissive.
const ACCEPTED: &[&str] = &[
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "MIT",
    "MIT-0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "0BSD",
    "Unicode-3.0",
    "CC0-1.0",
    "Unlicense",
    "CDLA-Permissive-2.0",
    "OFL-1.1",
    "BSL-1.0",
];

/// Accepted by name, each because it is used unchanged and its licence reaches no further than its own files.
const BY_NAME: &[(&str, &str)] = &[("MPL-2.0", "weak copyleft, per file")];

/// Whether an SPDX expression can be fulfilled with accepted licences. Understands `AND`, `OR`, `WITH` and parentheses.
pub fn accepted(expression: &str) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let good = any(&words, &mut at);
    good && at == words.len()
}

fn any(words: &[&str], at: &mut usize) -> bool {
    let mut good = all(words, at);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        good |= all(words, at);
    }
    good
}

fn all(words: &[&str], at: &mut usize) -> bool {
    let mut good = one(words, at);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        good &= one(words, at);
    }
    good
}

fn one(words: &[&str], at: &mut usize) -> bool {
    let Some(word) = words.get(*at) else { return false };
    *at += 1;
    if *word == "(" {
        let good = any(words, at);
        let closed = words.get(*at) == Some(&")");
        *at += 1;
        return good && closed;
    }
    let mut name = (*word).to_owned();
    if let (Some(&"WITH"), Some(exception)) = (words.get(*at), words.get(*at + 1)) {
        name = format!("{name} WITH {exception}");
        *at += 2;
    }
    ACCEPTED.contains(&name.as_str()) || BY_NAME.iter().any(|(licence, _)| *licence == name)
}

/// The components whose licence is missing or not accepted.
pub fn refused(components: &[Component]) -> Vec<&Component> {
    components.iter().filter(|one| !one.own && !accepted(&one.licence)).collect()
}

/// The list that is shipped: which licence applies to what.
pub fn document(components: &[Component]) -> Value {
    let entry = |one: &Component| json!({"name": one.name, "version": one.version, "licence": one.licence, "kind": one.kind});
    json!({"components": components.iter().filter(|one| !one.own).map(entry).collect::<Vec<_>>()})
}

#[cfg(test)]
mod tests {
    use super::accepted;

    #[test]
    fn expressions_are_understood() {
        for good in ["MIT", "MIT OR GPL-3.0", "(MIT OR Apache-2.0) AND Unicode-3.0", "Apache-2.0 WITH LLVM-exception OR GPL-2.0"]
        {
            assert!(accepted(good), "{good}");
        }
        for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT", "MIT)", "MIT Apache-2.0", "AND", "GPL-3.0 WITH LLVM-exception"] {
            assert!(!accepted(bad), "{bad}");
        }
    }
}
