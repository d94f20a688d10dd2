//! The agent: who may ask, what is answered.
//!
//! Everybody may read everything that is there, and nobody may write anything: there is no view for writing, and no object that
//! could be written. SNMPv3 is answered with authentication and encryption only.

use crate::counters::Counters;
use crate::credentials::Credentials;
use crate::engine::Engine;
use crate::mib::{ROOT, SYSTEM};
use crate::relay::Relay;
use crate::site::Facts;
use crate::tree::{Found, Tree};
use crate::value::Datum;
use async_snmp::handler::{
    BoxFuture, GetNextResult, GetResult, HandlerError, HandlerResult, MibHandler, RequestContext, SecurityModel,
};
use async_snmp::{Agent, Oid, SecurityLevel, Value, VarBind};
use haubert_guard::{Gate, GuardedUdp};
use haubert_model::{Clock, Secret};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

/// Requests that are worked on at the same time; others wait.
const AT_ONCE: usize = 8;
/// Time between two looks at the library's counters.
const LOOK: Duration = Duration::from_millis(500);
/// Standard objects that the library answers: the engine, and its counters of refusals.
const ENGINE: [[u32; 9]; 2] = [[1, 3, 6, 1, 6, 3, 10, 2, 1], [1, 3, 6, 1, 6, 3, 11, 2, 1]];
const USM: [u32; 9] = [1, 3, 6, 1, 6, 3, 15, 1, 1];

/// What is answered.
pub trait Plant: Send + Sync + 'static {
    /// Rows and alarms as they are.
    fn tree(&self) -> Tree;
    /// Who knows the values.
    fn facts(&self) -> &dyn Facts;
}

/// Who may ask.
#[derive(Debug, Clone)]
pub struct Access {
    /// Users of SNMPv3.
    pub users: Vec<Credentials>,
    /// The community of SNMPv2c, where that is spoken at all.
    pub community: Option<Secret>,
}

/// Why the agent does not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The socket.
    #[error("{0}")]
    Socket(#[from] std::io::Error),
    /// The library.
    #[error("{0}")]
    Agent(String),
}

/// An agent at work; it ends when dropped.
pub struct Running {
    /// Where it is reached.
    pub address: SocketAddr,
    /// Its own socket on the loopback.
    pub inside: SocketAddr,
    agent: Agent,
    tasks: Vec<JoinHandle<()>>,
}

impl Running {
    /// Whether it has ended by itself.
    pub fn is_over(&self) -> bool {
        self.tasks.iter().any(JoinHandle::is_finished)
    }

    /// Ends it; its port is free again when this returns.
    pub async fn stop(mut self) {
        self.agent.cancel();
        for task in std::mem::take(&mut self.tasks) {
            task.abort();
            // It was told to end, or has failed and said so.
            let _ended = task.await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.agent.cancel();
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// Answers on `socket` to whom `gate` lets in.
///
/// # Errors
/// [`ServeError`].
pub async fn serve(
    socket: UdpSocket,
    gate: Gate,
    access: &Access,
    engine: &Engine,
    plant: Arc<dyn Plant>,
    (counters, clock): (Counters, Arc<dyn Clock>),
) -> Result<Running, ServeError> {
    let address = socket.local_addr()?;
    let failed = |error: &dyn std::fmt::Display| ServeError::Agent(error.to_string());
    let handler = |prefix: &[u32]| -> Arc<dyn MibHandler> {
        Arc::new(Handler { prefix: prefix.to_vec(), plant: Arc::clone(&plant), counters: counters.clone() })
    };
    let mut builder = Agent::builder()
        .bind("127.0.0.1:0")
        .authoritative_engine(engine.0.clone())
        .max_concurrent_requests(Some(AT_ONCE))
        .recv_buffer_size(None)
        .handler(Oid::from_slice(&SYSTEM), handler(&SYSTEM))
        .handler(Oid::from_slice(&ROOT), handler(&ROOT));
    for user in &access.users {
        builder = builder
            .usm_user(user.user().to_owned(), |config| config.with_master_keys(user.keys().clone()))
            .map_err(|error| failed(&error))?;
    }
    if let Some(community) = &access.community {
        builder = builder.community(community.expose().as_bytes().to_vec());
    }
    let (users, community) = (access.users.clone(), access.community.clone());
    let agent = builder
        .vacm(move |vacm| {
            let mut vacm = vacm.view("all", |mut view| {
                for prefix in [&SYSTEM[..], &ROOT, &ENGINE[0], &ENGINE[1], &USM] {
                    view = view.include(Oid::from_slice(prefix));
                }
                view
            });
            for user in &users {
                vacm = vacm.group(user.user().to_owned(), SecurityModel::Usm, "users");
            }
            vacm = vacm.access("users", SecurityModel::Usm, SecurityLevel::AuthPriv, |access| access.read_view("all"));
            if let Some(community) = &community {
                let name = community.expose().as_bytes().to_vec();
                vacm = vacm.group(name, SecurityModel::V2c, "clear");
                vacm = vacm.access("clear", SecurityModel::V2c, SecurityLevel::NoAuthNoPriv, |access| access.read_view("all"));
            }
            vacm
        })
        .build()
        .await
        .map_err(|error| failed(&error))?;
    let inside = agent.local_addr();
    let relay = Relay {
        socket: Arc::new(GuardedUdp::new(socket, gate)),
        agent: inside,
        clear: access.community.is_some(),
        counters: counters.clone(),
        clock,
    };
    let served = {
        let agent = agent.clone();
        tokio::spawn(async move {
            if let Err(error) = agent.run().await {
                tracing::error!(%error, "SNMP: the agent ended");
            }
        })
    };
    let relayed = tokio::spawn(async move {
        let error = relay.work().await;
        tracing::error!(%error, "SNMP: the listener ended");
    });
    let watched = tokio::spawn(watch(agent.clone(), counters));
    Ok(Running { address, inside, agent, tasks: vec![served, relayed, watched] })
}

/// The library counts refusals; what it counted since the last look is added to ours, which outlive it.
async fn watch(agent: Agent, counters: Counters) {
    let mut looks = tokio::time::interval(LOOK);
    let mut seen = 0u32;
    loop {
        looks.tick().await;
        // Who asks who the agent is counts as an unknown engine, and as late the first time: both are how a conversation begins.
        let now = [
            agent.usm_wrong_digests(),
            agent.usm_unknown_usernames(),
            agent.usm_decryption_errors(),
            agent.usm_unsupported_sec_levels(),
        ]
        .into_iter()
        .fold(0, u32::wrapping_add);
        let more = now.wrapping_sub(seen);
        if more > 0 {
            counters.unauthentic(more.into());
            seen = now;
        }
    }
}

struct Handler {
    prefix: Vec<u32>,
    plant: Arc<dyn Plant>,
    counters: Counters,
}

impl Handler {
    /// Notes who asks. Whoever comes to the loopback directly has passed no firewall.
    fn admit(&self, context: &RequestContext) -> HandlerResult<()> {
        let name = match context.security_model() {
            // A community is a secret.
            SecurityModel::Usm => context.security_name().as_bytes(),
            _ => b"SNMPv2c",
        };
        if self.counters.value(context.source().port(), name) { Ok(()) } else { Err(HandlerError::new("not by the listener")) }
    }
}

impl MibHandler for Handler {
    fn get<'a>(&'a self, context: &'a RequestContext, oid: &'a Oid) -> BoxFuture<'a, HandlerResult<GetResult>> {
        Box::pin(async move {
            self.admit(context)?;
            Ok(match self.plant.tree().get(self.plant.facts(), oid.arcs()) {
                Found::Value(value) => GetResult::Value(wire(value)),
                Found::NoInstance => GetResult::NoSuchInstance,
                Found::NoObject => GetResult::NoSuchObject,
            })
        })
    }

    fn get_next<'a>(&'a self, context: &'a RequestContext, oid: &'a Oid) -> BoxFuture<'a, HandlerResult<GetNextResult>> {
        Box::pin(async move {
            self.admit(context)?;
            Ok(match self.plant.tree().next(self.plant.facts(), &self.prefix, oid.arcs()) {
                Some((name, value)) => GetNextResult::Value(VarBind::new(Oid::from(name), wire(value))),
                None => GetNextResult::EndOfMibView,
            })
        })
    }
}

pub(crate) fn wire(value: Datum) -> Value {
    match value {
        Datum::Integer(value) => Value::Integer(value),
        Datum::Unsigned(value) => Value::Gauge32(value),
        Datum::Counter(value) => Value::Counter64(value),
        Datum::Ticks(value) => Value::TimeTicks(value),
        Datum::Bytes(value) => Value::OctetString(value.into()),
        Datum::Oid(value) => Value::ObjectIdentifier(Oid::from(value)),
    }
}
