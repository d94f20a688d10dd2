//! Who the agent is, and how often it has started: what tells an old message from a new one.

use async_snmp::{AuthoritativeEngine, PersistedAuthoritativeEngine};
use serde::{Deserialize, Serialize};

/// What is to be kept of an engine over restarts. Two gateways with the same would take each other's messages for their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineState {
    /// `snmpEngineID`.
    pub id: Vec<u8>,
    /// `snmpEngineBoots`.
    pub boots: u32,
}

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
#[error("SNMP engine: {0}")]
pub struct EngineError(String);

/// An engine that has started. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Engine(pub(crate) AuthoritativeEngine);

impl Engine {
    /// Begins anew with a name of its own, or once more after `previous`. `keep` is called before the engine is used, and must not
    /// return before what it is given is durable.
    ///
    /// # Errors
    /// When `keep` fails, or `previous` is no engine.
    pub fn start<E>(
        previous: Option<EngineState>,
        mut keep: impl FnMut(&EngineState) -> Result<(), E> + Send + 'static,
    ) -> Result<Self, EngineError>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let failed = |error: Box<async_snmp::Error>| EngineError(error.to_string());
        let keep = move |now: &PersistedAuthoritativeEngine| {
            let boxed = |error: E| -> Box<dyn std::error::Error + Send + Sync> { Box::new(error) };
            keep(&EngineState { id: now.engine_id().to_vec(), boots: now.engine_boots() }).map_err(boxed)
        };
        match previous {
            Some(previous) => {
                let previous = PersistedAuthoritativeEngine::new(previous.id, previous.boots).map_err(failed)?;
                AuthoritativeEngine::restart(previous, keep).map_err(failed).map(Self)
            }
            None => {
                let id = async_snmp::generate_engine_id().map_err(failed)?;
                AuthoritativeEngine::install(id, keep).map_err(failed).map(Self)
            }
        }
    }

    /// Its name and how often it has started.
    pub fn state(&self) -> EngineState {
        EngineState { id: self.0.engine_id().to_vec(), boots: self.0.engine_boots() }
    }
}
