//! What the stand-in built-in actors share.
//!
//! The stand-ins answer with the exit codes, numbers and shapes of the official actors in whatever
//! our actors and the harness rely on. They keep their own state layouts. `tests/suite`'s conformance
//! transcripts hold them to it, message by message. One thing is known to differ: a method that is
//! called without the parameters that it takes ends with USR_SERIALIZATION, as with all of
//! `shared::dispatch`, and on the official actors with USR_ILLEGAL_ARGUMENT.
#![no_std]

extern crate alloc;

pub mod curves;
pub mod filter;
pub mod policy;
pub mod wire;

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

use fvm_shared::error::ExitCode;
use shared::Fault;

pub type Result<T> = core::result::Result<T, Exit>;

/// A stand-in's error: the official exit code, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    pub code: ExitCode,
    pub message: String,
}

impl Exit {
    pub fn new(code: ExitCode, message: impl ToString) -> Self {
        Exit { code, message: message.to_string() }
    }

    pub fn illegal_argument(message: impl ToString) -> Self {
        Exit::new(ExitCode::USR_ILLEGAL_ARGUMENT, message)
    }

    pub fn forbidden(message: impl ToString) -> Self {
        Exit::new(ExitCode::USR_FORBIDDEN, message)
    }

    pub fn not_found(message: impl ToString) -> Self {
        Exit::new(ExitCode::USR_NOT_FOUND, message)
    }

    pub fn illegal_state(message: impl ToString) -> Self {
        Exit::new(ExitCode::USR_ILLEGAL_STATE, message)
    }

    pub fn insufficient_funds(message: impl ToString) -> Self {
        Exit::new(ExitCode::USR_INSUFFICIENT_FUNDS, message)
    }

    /// The same exit with what was being done in front of the message.
    #[must_use]
    pub fn while_doing(self, what: &str) -> Self {
        Exit { code: self.code, message: format!("{what}: {}", self.message) }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Fault for Exit {
    fn exit_code(&self) -> ExitCode {
        self.code
    }
}

impl From<shared::Error> for Exit {
    fn from(error: shared::Error) -> Self {
        Exit::new(error.exit_code(), error)
    }
}
