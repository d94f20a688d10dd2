//! Somebody who asks for what everybody may, while others attack.

use crate::gateway::Gateway;
use crate::report::percentile;
use reqwest::{Client, Response};
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// Longest that is waited for an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two requests that each begin a connection.
const PAUSE: Duration = Duration::from_millis(40);

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) struct Honest {
    url: String,
    ca_file: PathBuf,
    from: IpAddr,
}

/// Times of requests, milliseconds, and how many had no answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Times {
    sorted: Vec<f64>,
    failed: usize,
    said: Option<String>,
}

impl Times {
    fn note(&mut self, outcome: Result<f64, String>) {
        match outcome {
            Ok(time) => self.sorted.push(time),
            Err(said) => {
                self.failed += 1;
                self.said.get_or_insert(said);
            }
        }
    }

    fn in_order(mut self) -> Self {
        self.sorted.sort_by(f64::total_cmp);
        self
    }

    /// Both together.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.sorted.extend(other.sorted);
        self.failed += other.failed;
        self.said = self.said.or(other.said);
        self.in_order()
    }

    /// The time below which `part` of them lie.
    pub(crate) fn at(&self, part: f64) -> f64 {
        percentile(&self.sorted, part)
    }

    /// Requests.
    pub(crate) fn count(&self) -> usize {
        self.sorted.len() + self.failed
    }

    /// Requests that had no answer.
    pub(crate) fn failed(&self) -> usize {
        self.failed
    }

    /// What became of the first of those.
    pub(crate) fn said(&self) -> &str {
        self.said.as_deref().unwrap_or("nothing")
    }
}

impl Honest {
    /// From this machine's usual address.
    pub(crate) fn of(gateway: &Gateway) -> Result<Self, String> {
        let (url, ca_file) = gateway.place()?;
        Ok(Self { url: format!("{url}/api/v1/setup"), ca_file, from: Ipv4Addr::LOCALHOST.into() })
    }

    /// The same from another address of this machine.
    pub(crate) fn from(&self, from: Ipv4Addr) -> Self {
        Self { from: from.into(), ..self.clone() }
    }

    /// Requests on one connection, one each `every`.
    pub(crate) async fn warm(&self, count: usize, every: Duration) -> Result<Times, String> {
        let client = self.client()?;
        self.timed(&client).await?;
        let mut times = Times::default();
        let mut ticks = tokio::time::interval(every);
        for _ in 0..count {
            ticks.tick().await;
            times.note(self.timed(&client).await);
        }
        Ok(times.in_order())
    }

    /// Requests that each begin a connection, until `attack` has ended.
    pub(crate) async fn beside<T>(&self, attack: &JoinHandle<T>) -> Result<Times, String> {
        let mut times = Times::default();
        while !attack.is_finished() {
            times.note(self.timed(&self.client()?).await);
            tokio::time::sleep(PAUSE).await;
        }
        Ok(times.in_order())
    }

    /// As many requests that each begin a connection.
    pub(crate) async fn fresh(&self, count: usize) -> Result<Times, String> {
        let mut times = Times::default();
        for _ in 0..count {
            times.note(self.timed(&self.client()?).await);
            tokio::time::sleep(PAUSE).await;
        }
        Ok(times.in_order())
    }

    /// A client without connections.
    pub(crate) fn client(&self) -> Result<Client, String> {
        let pem = std::fs::read(&self.ca_file).map_err(|error| error.to_string())?;
        let trusted = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| error.to_string())?;
        let builder = Client::builder().tls_certs_only(trusted).local_address(self.from).timeout(PATIENCE);
        builder.build().map_err(|error| error.to_string())
    }

    /// Milliseconds of one request.
    pub(crate) async fn timed(&self, client: &Client) -> Result<f64, String> {
        let since = Instant::now();
        let answer = client.get(&self.url).send().await.and_then(Response::error_for_status);
        let told = answer.map_err(|error| format!("{error:?}"))?.bytes().await.map_err(|error| format!("{error:?}"))?;
        if told.is_empty() { Err("an empty answer".to_owned()) } else { Ok(since.elapsed().as_secs_f64() * 1000.0) }
    }

    /// Sends a large body to where everybody may send one.
    pub(crate) async fn send(&self, client: &Client, bytes: usize) -> Result<(), String> {
        let url = self.url.replace("/setup", "/session");
        let sent = client.post(url).header("content-type", "application/json").body(vec![b' '; bytes]).send().await;
        sent.map(drop).map_err(|error| error.to_string())
    }
}
