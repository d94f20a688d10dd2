//! A thread with a runtime of its own: for the buses and what takes what they say, and for the Modbus server and its masters.
//!
//! What a browser asks for cannot hold up a poll or a master there, and what was read passes from one task to the next without waking
//! another processor, which on a quiet machine costs more than a request does.

use std::future::Future;
use std::io;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// The running thread. When it is dropped, so are its tasks, at their next wait.
pub struct OwnThread {
    runtime: Handle,
    _goes_on: oneshot::Sender<()>,
}

impl OwnThread {
    /// Starts it.
    ///
    /// # Errors
    /// When the system has no thread or no poll descriptor to give.
    pub fn start(name: &str) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (goes_on, over) = oneshot::channel();
        std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            // An error is how it ends: nothing is ever sent.
            let _dropped = runtime.block_on(over);
        })?;
        Ok(Self { runtime: handle, _goes_on: goes_on })
    }

    /// Starts a task there; what it spawns stays there too.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        self.runtime.spawn(task)
    }
}
