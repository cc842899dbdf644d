//! Where commands speak whose output other programs read.

use std::fmt::Display;
use std::io::{self, Write};

use serde_json::Value;

/// What a command was asked for, and what people are told beside it.
pub struct Voice<'a> {
    pub out: &'a mut dyn Write,
    pub aside: &'a mut dyn Write,
}

impl Voice<'_> {
    /// A line of what the command was asked for.
    pub fn say(&mut self, line: impl Display) -> io::Result<()> {
        writeln!(self.out, "{line}")
    }

    pub fn json(&mut self, value: &Value) -> io::Result<()> {
        self.say(format_args!("{value:#}"))
    }

    /// A line for people.
    pub fn tell(&mut self, line: impl Display) -> io::Result<()> {
        writeln!(self.aside, "{line}")
    }

    /// A fact for people, under its name.
    pub fn fact(&mut self, name: &str, value: impl Display) -> io::Result<()> {
        self.tell(format_args!("{name:<9} {value}"))
    }
}

/// Runs what speaks to standard output, and to standard error beside it.
pub fn on_terminal<R>(run: impl FnOnce(&mut Voice<'_>) -> R) -> R {
    run(&mut Voice { out: &mut io::stdout(), aside: &mut io::stderr() })
}

/// How something ended, and what it said meanwhile.
pub struct Heard<R> {
    pub end: R,
    pub out: String,
    pub aside: String,
}

/// Runs what speaks to whoever looks at what it said.
pub fn listen<R>(run: impl FnOnce(&mut Voice<'_>) -> R) -> Heard<R> {
    let (mut out, mut aside) = (vec![], vec![]);
    let end = run(&mut Voice { out: &mut out, aside: &mut aside });
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Heard { end, out: text(out), aside: text(aside) }
}
