//! A try: a client of our own comes to the server by the network as any other.

use super::desk::Desk;
use crate::outlets::trial::{Coded, Step, Steps};
use haubert_bacnet::{ProbeError, Probed, probe};
use std::net::SocketAddr;

impl Coded for ProbeError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoAnswer => "no_answer",
            Self::Unreachable(_) => "unreachable",
            Self::Refused(..) => "refused",
            Self::LetIn => "let_in",
            Self::Unexpected => "failed",
        }
    }
}

/// Asks the server at `address` for the gateway, its network, a meter on it and a value of that, and would write it. Steps are `find`,
/// `route`, `meter`, `read` and `write`.
pub async fn converse(desk: &Desk, address: SocketAddr) -> Vec<Step> {
    let mut steps = Steps::<ProbeError>::default();
    for (tried, outcome) in probe(address, desk.model().is_some_and(|model| model.listing().next().is_some())).await {
        let name = match tried {
            Probed::Find => "find",
            Probed::Route => "route",
            Probed::Meter => "meter",
            Probed::Read => "read",
            Probed::Write => "write",
        };
        steps.note(name, outcome, Clone::clone);
    }
    steps.taken()
}
