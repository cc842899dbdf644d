//! What does not fit a description, and where.

use std::fmt;

use serde_json::Value;

/// A value that is not what is described. It says at what path, what is wrong, and what is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    path: String,
    what: String,
}

impl Error {
    pub(crate) fn new(path: &Path<'_>, what: impl fmt::Display) -> Self {
        Error { path: path.to_string(), what: what.to_string() }
    }

    pub(crate) fn expected(path: &Path<'_>, what: impl fmt::Display, got: &Value) -> Self {
        Error::new(path, format_args!("expected {what}, got {}", shortened(got)))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.what)
    }
}

impl std::error::Error for Error {}

/// A value as an error shows it.
fn shortened(value: &Value) -> String {
    const MAX: usize = 60;
    let text = value.to_string();
    match text.char_indices().nth(MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// Where a value is: `params.rules.policy`, `reply[3].deal`.
#[derive(Clone, Copy)]
pub(crate) enum Path<'a> {
    Root(&'a str),
    Field(&'a Path<'a>, &'a str),
    Index(&'a Path<'a>, usize),
    /// An entry of a map, by its key.
    Entry(&'a Path<'a>, &'a str),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Root(name) => f.write_str(name),
            Path::Field(parent, name) => write!(f, "{parent}.{name}"),
            Path::Index(parent, index) => write!(f, "{parent}[{index}]"),
            Path::Entry(parent, key) => write!(f, "{parent}[{key}]"),
        }
    }
}
