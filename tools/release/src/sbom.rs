//! The list of components of what is shipped, as CycloneDX 1.5 JSON, from the two lock files: Rust crates that the program is
//! linked from, and the npm packages that the pages are bundled from. Nothing that only builds or tests.

use crate::Outcome;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// One component.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Component {
    /// `cargo` or `npm`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its licence, as SPDX expression.
    pub licence: String,
    /// SHA-256 (crates) in hexadecimal digits, or nothing.
    pub sha256: Option<String>,
    /// Whether it is of this project.
    pub own: bool,
}

impl Component {
    /// Package URL.
    pub fn purl(&self) -> String {
        format!("pkg:{}/{}@{}", self.kind, self.name.replace('@', "%40"), self.version)
    }
}

/// The crates that `package` is linked from.
///
/// # Errors
/// When cargo or its lock file cannot be read.
pub fn crates(workspace: &Path, package: &str) -> Outcome<Vec<Component>> {
    let metadata = metadata(workspace)?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let packages: BTreeMap<String, Value> =
        list(field(&metadata, "packages")).into_iter().map(|one| (text(field(&one, "id")), one)).collect();
    let nodes: BTreeMap<String, Value> =
        list(field(field(&metadata, "resolve"), "nodes")).into_iter().map(|one| (text(field(&one, "id")), one)).collect();
    let start = packages.iter().find(|(_, one)| text(field(one, "name")) == package).ok_or("there is no such package")?.0;
    let (mut found, mut waiting) = (BTreeSet::new(), vec![start.clone()]);
    while let Some(id) = waiting.pop() {
        if !found.insert(id.clone()) {
            continue;
        }
        for dependency in nodes.get(&id).map(|node| list(field(node, "deps"))).unwrap_or_default() {
            // `null` is how cargo calls the dependencies that are linked, not those of builds and tests.
            if list(field(&dependency, "dep_kinds")).iter().any(|kind| field(kind, "kind").is_null()) {
                waiting.push(text(field(&dependency, "pkg")));
            }
        }
    }
    let sums = checksums(workspace)?;
    let mut components: Vec<Component> = found
        .iter()
        .filter_map(|id| packages.get(id))
        .map(|one| {
            let (name, version) = (text(field(one, "name")), text(field(one, "version")));
            let own = field(one, "source").is_null();
            let sha256 = sums.get(&(name.clone(), version.clone())).cloned();
            Component { kind: "cargo", name, version, licence: text(field(one, "license")).replace('/', " OR "), sha256, own }
        })
        .collect();
    components.sort();
    Ok(components)
}

fn field<'a>(value: &'a Value, name: &str) -> &'a Value {
    value.get(name).unwrap_or(&Value::Null)
}

fn metadata(workspace: &Path) -> Outcome<Value> {
    let host = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let said = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", &host])
        .current_dir(workspace)
        .output()?;
    if !said.status.success() {
        return Err(String::from_utf8_lossy(&said.stderr).into_owned().into());
    }
    Ok(serde_json::from_slice(&said.stdout)?)
}

/// Name and version → checksum, of every crate in the lock file that has one.
///
/// # Errors
/// When the lock file cannot be read.
pub fn checksums(workspace: &Path) -> Outcome<BTreeMap<(String, String), String>> {
    let lock: toml::Value = toml::from_str(&std::fs::read_to_string(workspace.join("Cargo.lock"))?)?;
    let packages = lock.get("package").and_then(toml::Value::as_array).ok_or("Cargo.lock has no packages")?;
    let of = |package: &toml::Value, name: &str| package.get(name).and_then(toml::Value::as_str).map(str::to_owned);
    Ok(packages
        .iter()
        .filter_map(|package| Some(((of(package, "name")?, of(package, "version")?), of(package, "checksum")?)))
        .collect())
}

/// The npm packages that a page's workspace needs when it runs.
///
/// # Errors
/// When the lock file cannot be read.
pub fn npm(web: &Path, workspace: &str) -> Outcome<Vec<Component>> {
    let lock: Value = serde_json::from_slice(&std::fs::read(web.join("package-lock.json"))?)?;
    let packages = field(&lock, "packages");
    let (mut found, mut waiting) = (BTreeMap::new(), vec![workspace.to_owned()]);
    while let Some(path) = waiting.pop() {
        let Some(mut package) = packages.get(&path).cloned() else { continue };
        let name = path.rsplit("node_modules/").next().unwrap_or(&path).to_owned();
        let mut at = path.clone();
        if let Some(link) = field(&package, "resolved").as_str().filter(|_| field(&package, "link").as_bool() == Some(true)) {
            at = link.to_owned();
            package = packages.get(&at).cloned().unwrap_or_default();
        }
        // Ours lie beside the folder of what was fetched; a lock file need not say from where that was.
        let own = !at.contains("node_modules/");
        if found.insert(name, (package.clone(), own)).is_some() {
            continue;
        }
        // Peers are bundled too: the pages' framework is one.
        for kind in ["dependencies", "peerDependencies"] {
            for dependency in field(&package, kind).as_object().into_iter().flatten().map(|(name, _)| name) {
                let nested = format!("{at}/node_modules/{dependency}");
                waiting.push(if packages.get(&nested).is_some() { nested } else { format!("node_modules/{dependency}") });
            }
        }
    }
    let component = |(name, (package, own)): (String, (Value, bool))| Component {
        kind: "npm",
        own,
        version: field(&package, "version").as_str().unwrap_or_default().to_owned(),
        licence: field(&package, "license").as_str().unwrap_or_default().to_owned(),
        sha256: None,
        name,
    };
    Ok(found.into_iter().map(component).collect())
}

/// The CycloneDX document.
pub fn document(product: &str, version: &str, components: &[Component]) -> Value {
    let entry = |one: &Component| {
        let mut entry = json!({
            "type": "library", "name": one.name, "version": one.version, "purl": one.purl(), "bom-ref": one.purl(),
            "licenses": [{"expression": one.licence}],
        });
        if let (Some(sum), Some(entry)) = (&one.sha256, entry.as_object_mut()) {
            entry.insert("hashes".to_owned(), json!([{"alg": "SHA-256", "content": sum}]));
        }
        entry
    };
    json!({
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "metadata": {"component": {"type": "application", "name": product, "version": version}},
        "components": components.iter().map(entry).collect::<Vec<_>>(),
    })
}
