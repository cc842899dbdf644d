//! What Init refuses. The codes are those of the official Init, which callers know.

use cid::Cid;
use fvm_shared::address::Address;
use fvm_shared::error::ExitCode;
use shared::Fault;
use thiserror::Error as ThisError;

#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
pub enum Error {
    /// The code is not one that this caller may create by this method.
    #[error("this caller may not create an actor of code {0}")]
    Code(Cid),
    /// The f4 address has an actor already, or had one that was deleted.
    #[error("{0} is bound already")]
    Bound(Address),
    /// The subaddress is longer than the 54 bytes that an f4 address holds.
    #[error("the subaddress has {0} bytes; an f4 address holds at most 54")]
    Subaddress(usize),
    /// The actor's constructor failed.
    #[error("the constructor ended with exit code {0}")]
    Constructor(ExitCode),
    #[error(transparent)]
    Shared(#[from] shared::Error),
}

impl Fault for Error {
    fn exit_code(&self) -> ExitCode {
        match self {
            Error::Code(_) | Error::Bound(_) => ExitCode::USR_FORBIDDEN,
            Error::Constructor(code) if !code.is_system_error() => *code,
            Error::Constructor(_) => ExitCode::USR_UNSPECIFIED,
            Error::Subaddress(_) => ExitCode::USR_ILLEGAL_ARGUMENT,
            Error::Shared(error) => error.exit_code(),
        }
    }
}
