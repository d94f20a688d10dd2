//! Slots whose programs are this test executable under another name.

use haubert_bundle::{Archive, Installed, Known, Verified, Version, verify};
use haubert_model::Timestamp;
use haubert_release::supplier::Supplier;
use haubert_update::Slots;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

pub(crate) const NOW: Timestamp = Timestamp(1_795_000_000_000);
pub(crate) const PROGRAM: &str = "program";

pub(crate) struct Stage {
    pub(crate) dir: TempDir,
    pub(crate) supplier: Supplier,
    pub(crate) slots: Slots,
    pub(crate) root: Vec<u8>,
}

impl Stage {
    /// With version 1 in slot A, doing `act` when it runs.
    pub(crate) async fn new(act: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let expires = "2027-06-01T00:00:00Z".parse().unwrap();
        let supplier = Supplier::new(&dir.path().join("supplier"), PROGRAM, expires).await.unwrap();
        let root = std::fs::read(supplier.root(1)).unwrap();
        let slots = Slots::new(&dir.path().join("slots"));
        let stage = Self { dir, supplier, slots, root };
        std::fs::create_dir(stage.dir.path().join("slots")).unwrap();
        let first = stage.bundle(1, act).await;
        stage.slots.found(&accept(&stage.slots, &stage.root, &first, Version(0, 0, 0)).await, &stage.root).unwrap();
        stage
    }

    /// A bundle of version `number`, whose program does `act` (see `kills::fake_program`).
    pub(crate) async fn bundle(&self, number: u32, act: &str) -> PathBuf {
        let file = self.dir.path().join(format!("bundle-{number}"));
        let script = format!(
            "#!/bin/sh\nFAKE_VERSION={number} FAKE_ACT={act} exec {} kills::fake_program --ignored --exact --nocapture\n",
            std::env::current_exe().unwrap().display()
        );
        self.supplier.bundle(number.into(), Version(number, 0, 0), &[(PROGRAM, script.as_bytes())], &file).await.unwrap();
        file
    }

    /// Installs and switches, as a running program would.
    pub(crate) async fn update(&self, number: u32, act: &str) {
        let bundle = self.bundle(number, act).await;
        let verified = accept(&self.slots, &self.root, &bundle, Version(number - 1, 0, 0)).await;
        self.slots.install(&verified, &self.root).unwrap();
        assert!(self.slots.update(|state| state.switch(haubert_update::Kind::Update)).unwrap());
    }

    pub(crate) fn runs(&self) -> PathBuf {
        self.dir.path().join("runs")
    }

    /// Versions that have run, in order.
    pub(crate) fn ran(&self) -> Vec<u32> {
        let text = std::fs::read_to_string(self.runs()).unwrap_or_default();
        text.lines().map(|line| line.parse().unwrap()).collect()
    }

    /// The launcher, in a process group of its own, so that all of it can be killed at once.
    pub(crate) fn launch(&self, healthy_within: u64) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_haubert-slot"));
        command.arg("--slots").arg(self.dir.path().join("slots")).arg("--supplier-root").arg(self.supplier.root(1));
        command.args(["--program", PROGRAM, "run", "--healthy-within", &healthy_within.to_string(), "--"]);
        command.env("FAKE_DIR", self.dir.path()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0).spawn().unwrap()
    }
}

pub(crate) async fn accept(slots: &Slots, root: &[u8], bundle: &Path, installed: Version) -> Verified {
    let mut known = Known::open(&slots.known(), root).unwrap();
    let architecture = std::env::consts::ARCH.to_owned();
    let installed = Installed { product: PROGRAM.to_owned(), version: installed, architecture, program: None };
    verify(&Archive::open(bundle).unwrap(), &mut known, &installed, NOW).await.unwrap()
}

/// Waits until `look` sees something, for at most half a minute.
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..3_000 {
        if let Some(seen) = look() {
            return seen;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("{what} did not happen");
}
