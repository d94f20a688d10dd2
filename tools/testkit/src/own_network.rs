//! A test in a network of its own: nothing but an empty loopback, so that every open port is the tested program's.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::process::Command;

/// Runs a test on a thread that has a network name space of its own; programs started there are in it too. Needs root.
///
/// # Errors
/// What the system refused, or that the test ended in a panic.
pub fn in_own_network<F, Fut>(test: F) -> io::Result<()>
where
    F: FnOnce() -> Fut + Send + 'static,
    Fut: Future<Output = ()>,
{
    let thread = std::thread::Builder::new().name("own-network".to_owned()).spawn(move || -> io::Result<()> {
        nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNET)?;
        let up = Command::new("ip").args(["link", "set", "lo", "up"]).status()?;
        if !up.success() {
            return Err(io::Error::other("loopback does not come up"));
        }
        // Everything on this one thread, since only this one is in the new name space (threads that it starts are, too).
        tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(test());
        Ok(())
    })?;
    thread.join().map_err(|_| io::Error::other("the test ended in a panic"))?
}

/// The TCP ports, of all 65,535, at which somebody answers.
pub fn open_ports(address: IpAddr) -> Vec<u16> {
    let answers = |port: &u16| match TcpStream::connect(SocketAddr::new(address, *port)) {
        // A connection to a free port of the range that the system takes its own from may meet itself.
        Ok(stream) => stream.local_addr().ok() != stream.peer_addr().ok(),
        Err(_) => false,
    };
    (1..=u16::MAX).filter(answers).collect()
}
