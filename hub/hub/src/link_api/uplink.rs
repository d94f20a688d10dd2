//! What an enrolled gateway sends. The answer comes after the commit.

use super::check;
use super::exchange::{Calling, Cbor, No, Raw};
use crate::hub::Hub;
use crate::store::{ChunkFault, StoreError};
use axum::extract::State;
use haubert_link::message::{
    Acknowledgement, ChunksRequest, EventsRequest, Hello, HelloAck, Live, PostureReport, Received, RefusalCode, SeriesRequest,
    VERSION,
};
use haubert_link::{EVENT_BATCH, SERIES_BATCH};

fn not_greeted() -> No {
    No::new(RefusalCode::BadMessage, "say hello first")
}

/// What the store made of a message; a disk that fails is noted for whoever looks after the hub.
fn kept<T>(hub: &Hub, outcome: Result<T, StoreError>) -> Result<T, No> {
    hub.storage.felt(&outcome, hub.now());
    Ok(outcome?)
}

pub(super) async fn hello(
    State(hub): State<Hub>,
    Calling(gateway): Calling,
    Cbor(hello): Cbor<Hello>,
) -> Result<Cbor<HelloAck>, No> {
    check::hello(&hello)?;
    let greeting = kept(&hub, hub.store.greet(gateway, &hello, hub.now()).await)?;
    Ok(Cbor(HelloAck {
        version: VERSION,
        acknowledged: greeting.acknowledged,
        events_acknowledged: greeting.events_acknowledged,
        hub_time: hub.now(),
    }))
}

pub(super) async fn series(
    State(hub): State<Hub>,
    Calling(gateway): Calling,
    Cbor(ask): Cbor<SeriesRequest>,
) -> Result<Cbor<Received>, No> {
    if ask.series.len() > SERIES_BATCH {
        return Err(No::new(RefusalCode::BadMessage, format!("at most {SERIES_BATCH} series at once")));
    }
    if !kept(&hub, hub.store.declare(gateway, &ask.series).await)? {
        return Err(not_greeted());
    }
    Ok(Cbor(Received { hub_time: hub.now() }))
}

pub(super) async fn chunks(
    State(hub): State<Hub>,
    Calling(gateway): Calling,
    Cbor(ask): Cbor<ChunksRequest>,
) -> Result<Cbor<Acknowledgement>, No> {
    let checked = tokio::task::spawn_blocking(move || check::chunks(&ask.chunks).map(|()| ask.chunks)).await;
    let chunks = checked.map_err(|_| No::new(RefusalCode::HubFailed, "the check was interrupted"))??;
    match kept(&hub, hub.store.store_chunks(gateway, &chunks, hub.now()).await)? {
        Ok(acknowledged) => Ok(Cbor(Acknowledgement { acknowledged })),
        Err(ChunkFault::NotGreeted) => Err(not_greeted()),
        Err(ChunkFault::SeriesUnknown(cursor)) => {
            Err(No::at(RefusalCode::SeriesUnknown, format!("the series of chunk {cursor} was not declared"), cursor))
        }
        Err(ChunkFault::Conflict(cursor)) => {
            Err(No::at(RefusalCode::CursorConflict, format!("another chunk is stored under cursor {cursor}"), cursor))
        }
    }
}

pub(super) async fn live(
    State(hub): State<Hub>,
    Calling(gateway): Calling,
    Raw(live, bytes): Raw<Live>,
) -> Result<Cbor<Received>, No> {
    check::live(&live)?;
    kept(&hub, hub.store.store_live(gateway, &live, &bytes, hub.now()).await)?;
    if let Some(deposit) = &live.audit
        && let Some(contradiction) = kept(&hub, hub.store.deposit_head(gateway, deposit, hub.now()).await)?
    {
        tracing::error!(%gateway, contradiction = contradiction.code(), "the gateway's audit trail contradicts what is kept of it");
    }
    Ok(Cbor(Received { hub_time: hub.now() }))
}

pub(super) async fn posture(
    State(hub): State<Hub>,
    Calling(gateway): Calling,
    Cbor(report): Cbor<PostureReport>,
) -> Result<Cbor<Received>, No> {
    check::posture(&report)?;
    kept(&hub, hub.store.keep_posture(gateway, &report, hub.now()).await)?;
    Ok(Cbor(Received { hub_time: hub.now() }))
}

pub(super) async fn events(
    State(hub): State<Hub>,
    Calling(gateway): Calling,
    Cbor(ask): Cbor<EventsRequest>,
) -> Result<Cbor<Acknowledgement>, No> {
    if ask.events.len() > EVENT_BATCH {
        return Err(No::new(RefusalCode::BadMessage, format!("at most {EVENT_BATCH} events at once")));
    }
    check::events(&ask.events)?;
    let stored = kept(&hub, hub.store.store_events(gateway, &ask.events, hub.now()).await)?;
    let acknowledged = stored.ok_or_else(not_greeted)?;
    Ok(Cbor(Acknowledgement { acknowledged }))
}
