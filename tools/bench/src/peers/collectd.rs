//! collectd with its modbus plugin and nothing else: no value leaves it.

use super::{Running, Task};
use std::fmt::Write;
use tokio::process::Command;

pub(super) fn start(task: &Task<'_>) -> Result<Running, String> {
    let file = task.write("collectd.conf", &configuration(task))?;
    let mut command = Command::new("collectd");
    command.arg("-f").arg("-C").arg(file);
    Running::start(command, task.dir, "collectd", Vec::new())
}

/// A `Data` block for each value, collected from each unit.
pub(super) fn configuration(task: &Task<'_>) -> String {
    let dir = task.dir.display();
    let seconds = f64::from(task.period_ms) / 1000.0;
    let mut text = format!(
        "Hostname \"bench\"\nBaseDir \"{dir}\"\nPIDFile \"{dir}/collectd.pid\"\nTypesDB \"/usr/share/collectd/types.db\"\n\
         Interval {seconds}\nReadThreads {}\nLoadPlugin modbus\n<Plugin modbus>\n",
        task.ports.len().max(1)
    );
    // Writing to a String cannot fail.
    for value in 0..task.layout.values_per_device() {
        let _infallible = writeln!(
            text,
            "<Data \"v{value}\">\nRegisterBase {}\nRegisterType Float\nType gauge\nInstance \"v{value}\"\n</Data>",
            value * 2
        );
    }
    for port in task.ports {
        let _infallible = writeln!(text, "<Host \"p{port}\">\nAddress \"127.0.0.1\"\nPort \"{port}\"\nInterval {seconds}");
        for unit in 1..=task.layout.devices {
            let _infallible = writeln!(text, "<Slave {unit}>\nInstance \"u{unit}\"");
            for value in 0..task.layout.values_per_device() {
                let _infallible = writeln!(text, "Collect \"v{value}\"");
            }
            text.push_str("</Slave>\n");
        }
        text.push_str("</Host>\n");
    }
    text.push_str("</Plugin>\n");
    text
}
