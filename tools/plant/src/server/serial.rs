//! RTU on a pseudo-terminal, at the pace of a real line.
//!
//! A pseudo-terminal carries any number of bytes at once, so the pace is made here: a request counts as received when the wire
//! would have carried it, the answer begins a silence of 3.5 characters (or the device's think time) later, and no character is
//! written before its last bit would have come; characters come in the portions of a receiver with a small queue. A thread and not a task: timers of the runtime have a grain of one
//! millisecond, eleven characters at 115,200 baud.

use crate::answer::Bus;
use crate::server::frame::{Frame, Framer, rtu_answer};
use haubert_modbus::rtu::LineSettings;
use nix::poll::{PollFd, PollFlags, PollTimeout};
use nix::sys::termios::{self, BaudRate, SetArg};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often a quiet line looks whether it should stop.
const STOP_EVERY: Duration = Duration::from_millis(50);

/// Characters that the receiver's chip collects before it tells, as a 16550 set to interrupt at 8.
const FIFO: usize = 8;
/// How late a sleep may end on a system that is otherwise idle.
const SLEEP_GRAIN: Duration = Duration::from_micros(100);

/// A line that is served; stops when told or dropped.
#[derive(Debug)]
pub(crate) struct SerialServer {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    link: PathBuf,
}

impl SerialServer {
    /// Opens a pseudo-terminal, links it at `link` and serves the bus there.
    pub(crate) fn start(bus: Arc<Bus>, line: LineSettings, link: &Path) -> io::Result<Self> {
        let pty = nix::pty::openpty(None, None)?;
        let mut settings = termios::tcgetattr(&pty.slave)?;
        termios::cfmakeraw(&mut settings);
        if let Some(rate) = rate_of(line.baud) {
            termios::cfsetspeed(&mut settings, rate)?;
        }
        termios::tcsetattr(&pty.slave, SetArg::TCSANOW, &settings)?;
        let device = nix::unistd::ttyname(&pty.slave)?;
        replace_link(&device, link)?;
        let stop = Arc::new(AtomicBool::new(false));
        let served = Line {
            bus,
            line,
            master: File::from(pty.master),
            slave: pty.slave,
            stop: Arc::clone(&stop),
            free_at: Instant::now(),
        };
        let thread = std::thread::Builder::new().name("plant-serial".to_owned()).spawn(move || served.run())?;
        Ok(Self { stop, thread: Some(thread), link: link.to_owned() })
    }

    /// Stops serving and removes the link.
    pub(crate) fn stop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            if thread.join().is_err() {
                tracing::error!("serial line thread failed");
            }
            // Gone already is as good.
            let _ = std::fs::remove_file(&self.link);
        }
    }
}

impl Drop for SerialServer {
    fn drop(&mut self) {
        self.stop();
    }
}

fn replace_link(device: &Path, link: &Path) -> io::Result<()> {
    match std::fs::remove_file(link) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    std::os::unix::fs::symlink(device, link)
}

struct Line {
    bus: Arc<Bus>,
    line: LineSettings,
    master: File,
    /// Held open, so that the line outlives each master that opens and closes it.
    slave: OwnedFd,
    stop: Arc<AtomicBool>,
    /// When the line has been silent long enough for the next request.
    free_at: Instant,
}

impl Line {
    fn run(mut self) {
        let mut framer = Framer::default();
        let mut first_byte = Instant::now();
        // Generous, as operating systems deliver a frame in pieces; a real device would take t3.5.
        let quiet = self.line.t35().max(Duration::from_millis(5));
        let mut bytes = [0u8; 512];
        while !self.stop.load(Ordering::Relaxed) {
            let ready = match self.wait(if framer.is_empty() { STOP_EVERY } else { quiet }) {
                Ok(ready) => ready,
                Err(error) => {
                    tracing::error!(bus = self.bus.name, %error, "serial line");
                    return;
                }
            };
            let frame = if ready {
                if framer.is_empty() {
                    first_byte = Instant::now();
                }
                match self.master.read(&mut bytes) {
                    Ok(count) => framer.push(bytes.get(..count).unwrap_or_default()),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => {
                        tracing::error!(bus = self.bus.name, %error, "serial line");
                        return;
                    }
                }
                framer.next_frame()
            } else {
                let noise = !framer.is_empty();
                let frame = framer.silence();
                if noise && frame.is_none() {
                    self.bus.ignore();
                }
                frame
            };
            let mut next = frame;
            while let Some(frame) = next {
                if let Err(error) = self.exchange(&frame, first_byte) {
                    tracing::warn!(bus = self.bus.name, %error, "answer on serial line");
                }
                next = framer.next_frame();
            }
        }
    }

    fn wait(&self, time: Duration) -> io::Result<bool> {
        let mut polled = [PollFd::new(self.master.as_fd(), PollFlags::POLLIN)];
        let milliseconds = u16::try_from(time.as_millis()).unwrap_or(u16::MAX);
        match nix::poll::poll(&mut polled, PollTimeout::from(milliseconds)) {
            Ok(count) => Ok(count > 0),
            Err(nix::errno::Errno::EINTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Answers a request whose first byte came at `first_byte`.
    fn exchange(&mut self, frame: &Frame, first_byte: Instant) -> io::Result<()> {
        if !self.master_speaks_our_rate() {
            // At another speed every character is a framing error: nobody understands it.
            tracing::debug!(bus = self.bus.name, "request at another baud rate");
            self.bus.ignore();
            return Ok(());
        }
        let begun = first_byte.max(self.free_at);
        let received = (begun + self.line.wire_time(frame.length)).max(Instant::now());
        let Some(answer) = self.bus.answer(frame.unit, &frame.pdu) else {
            self.free_at = received + self.line.t35();
            return Ok(());
        };
        let bytes = rtu_answer(frame.unit, &answer.pdu, answer.damage);
        let start = received + self.line.t35().max(self.bus.think) + answer.delay;
        let mut sent = 0;
        while sent < bytes.len() {
            if self.stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            let piece = (sent + FIFO).min(bytes.len());
            let come = start + self.line.wire_time(piece);
            if come > Instant::now() + STOP_EVERY {
                std::thread::sleep(STOP_EVERY);
                continue;
            }
            sleep_until(come, piece == bytes.len());
            self.master.write_all(bytes.get(sent..piece).unwrap_or_default())?;
            sent = piece;
        }
        // A line is free by its own time, however late this thread is woken.
        self.free_at = start + self.line.wire_time(bytes.len()) + self.line.t35();
        Ok(())
    }

    fn master_speaks_our_rate(&self) -> bool {
        let (Ok(settings), Some(ours)) = (termios::tcgetattr(&self.slave), rate_of(self.line.baud)) else { return true };
        let raw: nix::libc::termios = settings.into();
        let speed = raw.c_cflag & nix::libc::CBAUD;
        // A rate given as a number and not as one of the constants cannot be read back with this call: believed.
        speed == nix::libc::BOTHER || speed == ours as nix::libc::speed_t
    }
}

/// Sleeps; to the microsecond when the end of a frame hangs on it.
fn sleep_until(deadline: Instant, exactly: bool) {
    let grain = if exactly { SLEEP_GRAIN } else { Duration::ZERO };
    let wait = deadline.saturating_duration_since(Instant::now()).saturating_sub(grain);
    if !wait.is_zero() {
        std::thread::sleep(wait);
    }
    while Instant::now() < deadline {
        std::hint::spin_loop();
    }
}

const fn rate_of(baud: u32) -> Option<BaudRate> {
    Some(match baud {
        1200 => BaudRate::B1200,
        2400 => BaudRate::B2400,
        4800 => BaudRate::B4800,
        9600 => BaudRate::B9600,
        19_200 => BaudRate::B19200,
        38_400 => BaudRate::B38400,
        57_600 => BaudRate::B57600,
        115_200 => BaudRate::B115200,
        230_400 => BaudRate::B230400,
        _ => return None,
    })
}
