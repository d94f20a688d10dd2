//! A supplier, a gateway that runs from slots, and what is on its disk.

use haubert_bundle::Version;
use haubert_release::supplier::Supplier;
use haubert_testkit::{Api, Program, SECURITY_USER, bin_dir, until};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

pub(crate) const PASSWORD: &str = "Correct-horse-7-battery";
pub(crate) const PRODUCT: &str = "haubert-gateway";
const LONG: Duration = Duration::from_secs(90);

/// The gateway in the slots is the real one; what differs between its releases is a file beside it.
pub(crate) struct Maintained {
    pub(crate) dir: TempDir,
    pub(crate) supplier: Supplier,
    pub(crate) gateway: Vec<u8>,
}

impl Maintained {
    pub(crate) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let expires = "2099-01-01T00:00:00Z".parse().unwrap();
        let supplier = Supplier::new(&dir.path().join("supplier"), PRODUCT, expires).await.unwrap();
        let stripped = dir.path().join("stripped");
        let done = Command::new("strip").arg("-o").arg(&stripped).arg(bin_dir().join(PRODUCT)).status().unwrap();
        assert!(done.success());
        let gateway = std::fs::read(&stripped).unwrap();
        let config =
            format!("data_dir = {:?}\nlisten = \"127.0.0.1:0\"\n[update]\nprobation_seconds = 2\n", dir.path().join("data"));
        std::fs::write(dir.path().join("gateway.toml"), config).unwrap();
        Self { dir, supplier, gateway }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A bundle of `program` and files beside it, as the supplier publishes it.
    pub(crate) async fn bundle(&self, number: u64, version: Version, program: &[u8]) -> Vec<u8> {
        let page = format!("Release {version}");
        let sbom = br#"{"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [{"name": "one"}, {"name": "two"}]}"#;
        let files: [(&str, &[u8]); 3] = [(PRODUCT, program), ("page.txt", page.as_bytes()), ("sbom.cdx.json", sbom)];
        let entries = self.supplier.entries(number, version, &files).await.unwrap();
        self.pack(&entries)
    }

    /// Entries as one file.
    pub(crate) fn pack(&self, entries: &[(String, Vec<u8>)]) -> Vec<u8> {
        let file = self.path("bundle");
        haubert_release::publish::pack(entries, &file).unwrap();
        std::fs::read(&file).unwrap()
    }

    pub(crate) fn slot_tool(&self) -> Command {
        let mut command = Command::new(bin_dir().join("haubert-slot"));
        command.arg("--slots").arg(self.path("slots")).arg("--supplier-root").arg(self.supplier.root(1));
        command
    }

    /// Puts the first release, 0.1.0, into its slot.
    pub(crate) async fn found(&self, number: u64) {
        let first = self.bundle(number, Version(0, 1, 0), &self.gateway).await;
        std::fs::write(self.path("first"), first).unwrap();
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let said = self.slot_tool().arg("found").arg(self.path("first")).args(["--now", &now.to_string()]).output().unwrap();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    }

    /// The launcher, with the gateway of the slot that is due.
    pub(crate) async fn launch(&self) -> Program {
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        let arguments = [
            "--slots".to_owned(),
            text(self.path("slots")),
            "--supplier-root".to_owned(),
            text(self.supplier.root(1)),
            "run".to_owned(),
            "--".to_owned(),
            "--config".to_owned(),
            text(self.path("gateway.toml")),
        ];
        Program::start("haubert-slot", "gateway", self.dir.path(), &arguments).await.unwrap()
    }

    /// A gateway of 0.1.0 that runs and has its accounts.
    pub(crate) async fn set_up(&self, number: u64) -> Program {
        self.found(number).await;
        let program = self.launch().await;
        self.api().unwrap().set_up(&program.setup_code().await.unwrap(), "admin", PASSWORD).await.unwrap();
        program
    }

    fn ready(&self) -> Option<Value> {
        serde_json::from_slice(&std::fs::read(self.path("gateway.ready.json")).ok()?).ok()
    }

    /// The certificate that the gateway shows.
    pub(crate) fn certificate(&self) -> String {
        let file = self.ready().unwrap()["ca_file"].as_str().unwrap().to_owned();
        std::fs::read_to_string(file).unwrap()
    }

    /// Where the gateway now serves; it takes another port at each start.
    pub(crate) fn api(&self) -> Option<Api> {
        let ready = self.ready()?;
        Api::new(ready["https"].as_str()?, Path::new(ready["ca_file"].as_str()?)).ok()
    }

    /// Signs in as Cyber security, and waits until `look` likes what `GET /updates` says.
    pub(crate) async fn until(&self, what: &str, look: impl Fn(&Value) -> bool) -> (Api, Value) {
        let look = &look;
        until(what, LONG, || async move {
            let api = self.api()?;
            api.sign_in(SECURITY_USER, PASSWORD).await.ok()?;
            let view = api.get("/updates").await.ok()?;
            look(&view).then_some((api, view))
        })
        .await
        .unwrap()
    }

    /// Waits until this version is the one that stays.
    pub(crate) async fn kept(&self, version: &str) -> (Api, Value) {
        self.until(&format!("{version} is kept"), |view| view["version"] == version && view["trial"].is_null()).await
    }
}

/// Records of the audit trail with this action, the newest first.
pub(crate) async fn trail(security: &Api, action: &str) -> Vec<Value> {
    security.get(&format!("/audit?action={action}&limit=100")).await.unwrap()["items"].as_array().unwrap().clone()
}

/// Every file below a folder, with its content.
pub(crate) fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(tree(&path));
        } else {
            let _new = found.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
    found
}
