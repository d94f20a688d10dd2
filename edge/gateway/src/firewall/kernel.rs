//! The file with the kernel's rules, kept up to date while the gateway runs. Whoever applies it is another program, with other
//! rights: `haubert-gateway firewall apply`, called by `haubert-gateway-firewall.service`.

use super::loaded;
use super::nftables::{Input, document};
use super::settings::FirewallSettings;
use haubert_guard::{Guard, Transport};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The file. It is written anew when something in it changes, not as the remaining times of blocks run down.
pub(super) struct RulesFile {
    path: PathBuf,
    settled: AtomicBool,
    written: Mutex<Option<String>>,
    fingerprint: Mutex<Option<String>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl RulesFile {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, settled: AtomicBool::new(false), written: Mutex::default(), fingerprint: Mutex::default() }
    }

    pub(super) fn path(&self) -> PathBuf {
        self.path.clone()
    }

    /// The listeners that there are at the start are open: before that, rules would drop what is for them.
    pub(super) fn settle(&self) {
        if let Err(error) = loaded::forget(&self.path) {
            tracing::warn!(error = &error as &dyn std::error::Error, "the note about the kernel's rules stays");
        }
        self.settled.store(true, Ordering::Relaxed);
    }

    /// How the kernel stands to them.
    pub(super) fn kernel(&self) -> loaded::Kernel {
        loaded::state(&self.path, locked(&self.fingerprint).as_deref())
    }

    /// Writes the rules if they are others than before.
    pub(super) async fn keep(&self, guard: &Guard, settings: &FirewallSettings) {
        if !self.settled.load(Ordering::Relaxed) {
            return;
        }
        let (now, blocks, listeners, limits) = (guard.now(), guard.blocks(), guard.listeners(), guard.settings());
        // Datagrams name any sender: what they did is no reason for the kernel to drop a source's connections.
        let lasting: Vec<_> = blocks.iter().filter(|block| block.transport != Some(Transport::Udp)).collect();
        let same = format!(
            "{:?}{:?}{limits:?}{listeners:?}",
            settings.kernel,
            lasting.iter().map(|block| (block.source, block.until)).collect::<Vec<_>>()
        );
        {
            let mut written = locked(&self.written);
            if written.as_ref() == Some(&same) {
                return;
            }
            *written = Some(same);
        }
        // A source may be blocked twice, by hand and by its limit: the kernel takes it once.
        let mut blocked = BTreeMap::new();
        for block in &lasting {
            let left = blocked.entry(block.source).or_insert(0);
            *left = block.until.saturating_sub(now).div_ceil(1000).max(*left);
        }
        let input = Input { limits: &limits, kernel: &settings.kernel, listeners: &listeners, blocked };
        let document = document(&input);
        *locked(&self.fingerprint) = Some(loaded::fingerprint(&document));
        let text = format!("{document:#}\n");
        let path = self.path.clone();
        let outcome = tokio::task::spawn_blocking(move || haubert_service::files::write_atomic(&path, text.as_bytes())).await;
        if let Ok(Err(error)) = outcome {
            tracing::error!(error = &error as &dyn std::error::Error, "the kernel's rules cannot be written");
        }
    }
}
