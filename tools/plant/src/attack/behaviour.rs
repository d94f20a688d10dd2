//! What one connection of an attack does.

use super::{Kind, Plan, Report, wire};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};

/// Time between two bytes of who trickles.
const TRICKLE: Duration = Duration::from_millis(500);
/// Time before who was turned away comes again.
const AGAIN: Duration = Duration::from_millis(20);
/// Large answers that are asked for and not read: together far more than the system holds for a peer.
const ANSWERS: usize = 64;
/// Names that are tried first.
const NAMES: [&str; 4] = ["admin", "root", "installer", "security"];
/// A path that everybody may ask for.
const REQUEST: &[u8] = b"GET /api/v1/setup HTTP/1.1\r\nHost: gateway\r\n\r\n";

/// Does what the plan says with the connection of this number, until then.
pub(super) async fn of(plan: Plan, from: IpAddr, number: u32, until: Instant) -> Report {
    let mut report = Report::default();
    match plan.kind {
        Kind::Requests => requests(&plan, from, until, &mut report).await,
        Kind::Passwords => password(&plan, from, number, until, &mut report).await,
        Kind::Scan => scan(&plan, from, number, until, &mut report).await,
        Kind::HalfOpen => {
            report.tried += 1;
            match timeout_at(until, wire::tcp(from, plan.target)).await {
                Ok(Ok(stream)) => hold(stream, &[], false, until, &mut report).await,
                _ => report.refused += 1,
            }
        }
        Kind::Idle => held(&plan, from, b"", false, until, &mut report).await,
        Kind::SlowHeader => held(&plan, from, b"GET / HTTP/1.1\r\nHost: gateway\r\nX-Slow: ", true, until, &mut report).await,
        Kind::SlowBody => {
            let head = b"POST /api/v1/session HTTP/1.1\r\nHost: gateway\r\nX-Haubert-Request: 1\r\n\
                Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{";
            held(&plan, from, head, true, until, &mut report).await;
        }
        Kind::SlowRead => unread(&plan, from, until, &mut report).await,
        // Packets, not connections: see `syn`.
        Kind::Syn => {}
    }
    report
}

async fn held(plan: &Plan, from: IpAddr, head: &[u8], trickles: bool, until: Instant, report: &mut Report) {
    report.tried += 1;
    match timeout_at(until, wire::tls(from, plan.target)).await {
        Ok(Ok(stream)) => hold(stream, head, trickles, until, report).await,
        _ => report.refused += 1,
    }
}

/// Holds a connection for as long as the gateway lets it.
async fn hold<S: AsyncRead + AsyncWrite>(stream: S, head: &[u8], trickles: bool, until: Instant, report: &mut Report) {
    let since = Instant::now();
    report.opened += 1;
    let (mut reading, mut writing) = tokio::io::split(stream);
    let ended = async {
        let mut sink = [0; 1024];
        while !matches!(reading.read(&mut sink).await, Ok(0) | Err(_)) {}
    };
    let trickling = async {
        let mut goes = writing.write_all(head).await.is_ok() && writing.flush().await.is_ok();
        while goes && trickles {
            tokio::time::sleep(TRICKLE).await;
            goes = writing.write_all(b"a").await.is_ok() && writing.flush().await.is_ok();
        }
        // Whether the gateway is still there is seen by reading.
        std::future::pending::<()>().await;
    };
    let ended_by_gateway = tokio::select! {
        () = ended => true,
        () = trickling => true,
        () = tokio::time::sleep_until(until) => false,
    };
    note_end(ended_by_gateway, since, report);
}

fn note_end(by_gateway: bool, since: Instant, report: &mut Report) {
    if by_gateway {
        report.ended_by_gateway += 1;
    } else {
        report.open_at_the_end += 1;
    }
    report.longest_ms = report.longest_ms.max(u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX));
}

/// Asks for much over a narrow link and reads nothing. That the gateway has given up shows when writing fails.
async fn unread(plan: &Plan, from: IpAddr, until: Instant, report: &mut Report) {
    report.tried += 1;
    let Ok(Ok(mut stream)) = timeout_at(until, wire::narrow(from, plan.target)).await else {
        report.refused += 1;
        return;
    };
    let since = Instant::now();
    report.opened += 1;
    let Ok(Some(large)) = timeout_at(until, largest(&mut stream)).await else {
        return note_end(Instant::now() < until, since, report);
    };
    // It is slow from here on.
    let since = Instant::now();
    let asking = format!("GET {large} HTTP/1.1\r\nHost: gateway\r\n\r\n").repeat(ANSWERS);
    let writing = async {
        let mut goes = stream.write_all(asking.as_bytes()).await.is_ok() && stream.flush().await.is_ok();
        while goes {
            tokio::time::sleep(TRICKLE).await;
            goes = stream.write_all(b"G").await.is_ok() && stream.flush().await.is_ok();
        }
    };
    let by_gateway = timeout_at(until, writing).await.is_ok();
    note_end(by_gateway, since, report);
}

/// The path of a large file that everybody may have: the program of the first page. `None` when the connection ends.
async fn largest<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> Option<String> {
    stream.write_all(b"GET / HTTP/1.1\r\nHost: gateway\r\n\r\n").await.ok()?;
    stream.flush().await.ok()?;
    let (_, page) = answer(stream).await?;
    let page = String::from_utf8_lossy(&page);
    let source = page.split("src=\"").nth(1).and_then(|rest| rest.split('"').next());
    Some(source.map_or("/", |path| path.trim_start_matches('.')).to_owned())
}

async fn requests(plan: &Plan, from: IpAddr, until: Instant, report: &mut Report) {
    let pause = plan.rate.map(|rate| Duration::from_secs_f64(f64::from(plan.connections) / f64::from(rate.max(1))));
    while Instant::now() < until {
        report.tried += 1;
        let Ok(Ok(mut stream)) = timeout_at(until, wire::tls(from, plan.target)).await else {
            report.refused += 1;
            tokio::time::sleep(AGAIN).await;
            continue;
        };
        report.opened += 1;
        let since = Instant::now();
        let by_gateway = timeout_at(until, ask(&mut stream, pause, report)).await.is_ok();
        note_end(by_gateway, since, report);
    }
}

/// Asks and reads until the gateway ends the connection.
async fn ask<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, pause: Option<Duration>, report: &mut Report) {
    let mut next = Instant::now();
    loop {
        if stream.write_all(REQUEST).await.is_err() || stream.flush().await.is_err() {
            return;
        }
        match answer(stream).await {
            Some((status, _)) => *report.answers.entry(status).or_default() += 1,
            None => return,
        }
        if let Some(pause) = pause {
            next += pause;
            tokio::time::sleep_until(next).await;
        }
    }
}

/// Status and body of the next answer; `None` when the connection ends.
async fn answer<S: AsyncRead + Unpin>(stream: &mut S) -> Option<(u16, Vec<u8>)> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).await.ok()?;
        head.extend(byte);
        if head.len() > 16 * 1024 {
            return None;
        }
    }
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let length =
        head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()?.parse::<u64>().ok()).unwrap_or(0);
    let mut body = Vec::new();
    stream.take(length.min(1_000_000)).read_to_end(&mut body).await.ok()?;
    Some((status, body))
}

/// One wrong password, over a connection of its own.
async fn password(plan: &Plan, from: IpAddr, number: u32, until: Instant, report: &mut Report) {
    let name = NAMES.iter().cycle().nth(usize::try_from(number).unwrap_or(0) % NAMES.len()).copied().unwrap_or("admin");
    let body = format!("{{\"user\":\"{name}\",\"password\":\"Guess-{number}-aZ9!\"}}");
    let request = format!(
        "POST /api/v1/session HTTP/1.1\r\nHost: gateway\r\nX-Haubert-Request: 1\r\nContent-Type: application/json\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    report.tried += 1;
    let try_it = async {
        let mut stream = wire::tls(from, plan.target).await.ok()?;
        stream.write_all(request.as_bytes()).await.ok()?;
        stream.flush().await.ok()?;
        answer(&mut stream).await
    };
    match timeout_at(until, try_it).await {
        Ok(Some((status, _))) => {
            report.opened += 1;
            *report.answers.entry(status).or_default() += 1;
        }
        _ => report.refused += 1,
    }
}

/// Looks at every port whose number leaves `number` over when divided by the connections.
async fn scan(plan: &Plan, from: IpAddr, number: u32, until: Instant, report: &mut Report) {
    for port in (1..=u16::MAX).filter(|port| u32::from(*port) % plan.connections == number) {
        if Instant::now() >= until {
            return;
        }
        report.tried += 1;
        let target = SocketAddr::new(plan.target.ip(), port);
        match timeout_at(until, wire::tcp(from, target)).await {
            Ok(Ok(stream)) => {
                report.opened += 1;
                report.open_ports.push(port);
                drop(stream);
            }
            _ => report.refused += 1,
        }
    }
}
