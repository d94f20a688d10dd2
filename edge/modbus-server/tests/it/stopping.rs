//! How a server ends.

use crate::plant::ReadOnly;
use crate::support::{Master, PATIENT, Secured, Server, frame, read};
use haubert_guard::Settings;
use haubert_modbus::{Request, Response};
use haubert_modbus_server::{Answer, Peer, Plant};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

#[tokio::test]
async fn a_server_that_is_stopped_is_gone() {
    let server = Server::over(ReadOnly, Settings::default(), PATIENT, None).await;
    let secured = Secured::start(Settings::default(), PATIENT).await;
    let mut master = Master::connect(&server).await;
    let mut believed = secured.connect(Some(&secured.authority.master(None))).await.unwrap();
    // In the middle of its handshake.
    let mut silent = Master::connect(&secured.server).await;
    for master in [&mut master, &mut believed] {
        assert_eq!(master.ask(1, &read(3, 1, 1)).await, [3, 2, 0, 1]);
    }
    for running in [server.running, secured.server.running] {
        let address = running.address;
        running.stop().await;
        assert!(TcpStream::connect(address).await.is_err());
    }
    for gone in [&mut master, &mut believed, &mut silent] {
        assert_eq!(gone.answer().await, None);
    }
}

/// Answers when it is let.
#[derive(Clone)]
struct Waiting {
    asked: Arc<Semaphore>,
    let_go: Arc<Semaphore>,
}

impl Plant for Waiting {
    fn answer<'a>(&'a self, _peer: &'a Peer, _unit: u8, _request: &'a Request) -> Answer<'a> {
        self.asked.add_permits(1);
        Answer::Later(Box::pin(async move {
            let _go = self.let_go.acquire().await;
            Ok(Response::Registers(vec![7]))
        }))
    }
}

#[tokio::test]
async fn what_was_asked_before_the_stop_is_answered_and_not_waited_for_without_end() {
    let plant = Waiting { asked: Arc::new(Semaphore::new(0)), let_go: Arc::new(Semaphore::new(0)) };
    for answers in [true, false] {
        let server = Server::over(plant.clone(), Settings::default(), PATIENT, None).await;
        let mut master = Master::connect(&server).await;
        master.send(&frame(9, 1, &read(3, 0, 1))).await;
        plant.asked.acquire().await.unwrap().forget();
        let address = server.running.address;
        let stopped = tokio::spawn(server.running.stop());
        while TcpStream::connect(address).await.is_ok() {}
        if answers {
            plant.let_go.add_permits(1);
            assert_eq!(master.answer().await, Some((9, vec![3, 2, 0, 7])));
            plant.let_go.acquire().await.unwrap().forget();
        }
        assert_eq!(master.answer().await, None);
        stopped.await.unwrap();
    }
}
