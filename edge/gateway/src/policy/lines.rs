//! Which lines to meters the policy lets open.

use super::document::Policy;
use super::services::Service;
use haubert_fieldbus::Line;
use std::path::{Path, PathBuf};

/// Where the system tells on what a serial port hangs.
const SYSFS: &str = "/sys";

/// What keeps a line closed; `None` when it may be opened.
pub fn held_by(policy: &Policy, line: &Line) -> Option<Service> {
    held_by_in(policy, line, Path::new(SYSFS))
}

fn held_by_in(policy: &Policy, line: &Line, sysfs: &Path) -> Option<Service> {
    let service = match line {
        Line::Tcp { .. } => Service::ModbusTcp,
        Line::RtuOverTcp { .. } => Service::ModbusRtuTcp,
        Line::Serial { .. } => Service::Serial,
    };
    if !policy.allows(service) {
        return Some(service);
    }
    let Line::Serial { path, .. } = line else { return None };
    // A port has many names (`/dev/serial/by-id/…`); it is the file behind them that is switched.
    let file = real(path);
    if policy.serial_ports.iter().any(|(port, open)| !open && (port == path || real(port) == file)) {
        return Some(Service::Serial);
    }
    (hangs_on_usb(&file, sysfs) && !policy.allows(Service::Usb)).then_some(Service::Usb)
}

/// The ports that are switched off by name.
pub fn is_port_off(policy: &Policy, path: &str) -> bool {
    policy.serial_ports.iter().any(|(port, open)| !open && (port == path || real(port) == real(path)))
}

/// Whether a serial port hangs on USB.
pub fn is_usb(path: &str) -> bool {
    hangs_on_usb(&real(path), Path::new(SYSFS))
}

fn real(path: &str) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.into())
}

/// By its name, or by what the system says it hangs on.
fn hangs_on_usb(file: &Path, sysfs: &Path) -> bool {
    let Some(name) = file.file_name() else { return false };
    let text = name.to_string_lossy();
    if text.starts_with("ttyUSB") || text.starts_with("ttyACM") {
        return true;
    }
    let device = std::fs::canonicalize(sysfs.join("class/tty").join(name).join("device"));
    device.is_ok_and(|device| device.components().any(|part| part.as_os_str().to_string_lossy().starts_with("usb")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use haubert_fieldbus::Parity;

    fn serial(path: &str) -> Line {
        Line::Serial { path: path.to_owned(), baud: 9600, parity: Parity::Even, stop_bits: 1 }
    }

    fn off(services: &[Service]) -> Policy {
        let mut policy = Policy::default();
        for service in services {
            policy.services.set(*service, false);
        }
        policy
    }

    #[test]
    fn each_kind_of_line_has_its_switch() {
        let tcp = Line::Tcp { host: "meter.test".to_owned(), port: 502 };
        let tunnel = Line::RtuOverTcp { host: "meter.test".to_owned(), port: 502 };
        for (line, service) in
            [(&tcp, Service::ModbusTcp), (&tunnel, Service::ModbusRtuTcp), (&serial("/dev/ttyS0"), Service::Serial)]
        {
            assert_eq!(held_by(&Policy::default(), line), None);
            assert_eq!(held_by(&off(&[service]), line), Some(service));
        }
        assert_eq!(held_by(&off(&[Service::Serial, Service::ModbusRtuTcp]), &tcp), None);
    }

    #[test]
    fn a_port_is_off_under_all_its_names() {
        let dir = tempfile::tempdir().unwrap();
        let (port, link) = (dir.path().join("ttyX0"), dir.path().join("by-id"));
        std::fs::write(&port, "").unwrap();
        std::os::unix::fs::symlink(&port, &link).unwrap();
        let mut policy = Policy::default();
        policy.serial_ports.insert(link.to_string_lossy().into_owned(), false);
        assert_eq!(held_by(&policy, &serial(&port.to_string_lossy())), Some(Service::Serial));
        assert_eq!(held_by(&policy, &serial("/dev/ttyS7")), None);
        policy.serial_ports.insert(link.to_string_lossy().into_owned(), true);
        assert_eq!(held_by(&policy, &serial(&port.to_string_lossy())), None);
    }

    #[test]
    fn what_hangs_on_usb_is_usb_whatever_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let device = dir.path().join("devices/pci0/usb1/1-1/1-1:1.0");
        std::fs::create_dir_all(&device).unwrap();
        let entry = dir.path().join("class/tty/ttyXR0");
        std::fs::create_dir_all(&entry).unwrap();
        std::os::unix::fs::symlink(&device, entry.join("device")).unwrap();
        let usb_off = Policy::default();
        assert_eq!(held_by_in(&usb_off, &serial("/dev/ttyXR0"), dir.path()), Some(Service::Usb));
        assert_eq!(held_by_in(&usb_off, &serial("/dev/ttyUSB3"), dir.path()), Some(Service::Usb));
        assert_eq!(held_by_in(&usb_off, &serial("/dev/ttyS0"), dir.path()), None);
        let mut on = usb_off;
        on.services.set(Service::Usb, true);
        assert_eq!(held_by_in(&on, &serial("/dev/ttyXR0"), dir.path()), None);
    }
}
