//! Errors that end a method, and the exit code each one has.

use alloc::string::{String, ToString};

use fvm_shared::address::Address;
use fvm_shared::error::{ErrorNumber, ExitCode};
use fvm_shared::{ActorID, MethodNum};
pub use thiserror::Error as ThisError;

/// An error with the exit code that the actor ends with.
///
/// Each actor has one enum of its own rules, with codes from 32 that never change once published
/// (those below are the FVM's own), and one variant that carries this crate's [`Error`].
pub trait Fault: core::fmt::Display {
    /// The exit code for the receipt. Never [`ExitCode::OK`].
    fn exit_code(&self) -> ExitCode;
}

/// Errors that any actor can meet. Their codes are the FVM's standard ones, below 32.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
pub enum Error {
    /// Parameters are not the CBOR that the method takes.
    #[error("parameters: {0}")]
    Params(String),
    /// The table of methods does not admit this caller.
    #[error("caller f0{0} may not call this method")]
    Caller(ActorID),
    /// FIL came with a method that takes none.
    #[error("this method takes no FIL")]
    Value,
    /// No such method.
    #[error("no method {0}")]
    Method(MethodNum),
    /// No such function, by the first four bytes of its calldata.
    #[error("no function {:#010x}", u32::from_be_bytes(*.0))]
    Selector([u8; 4]),
    /// A parameter is well formed but cannot be meant.
    #[error("{0}")]
    Argument(String),
    /// A balance or an allowance does not cover what was asked for.
    #[error("{0}")]
    Funds(String),
    /// An address that no actor has.
    #[error("{0} is not the address of any actor")]
    Unresolved(Address),
    /// A state block is missing or unreadable: an invariant is broken.
    #[error("state of {what}: {why}")]
    State { what: &'static str, why: String },
    /// Something for or from another actor cannot be encoded or decoded.
    #[error("{what}: {why}")]
    Encoding { what: &'static str, why: String },
    /// A call to another actor ended with this exit code. Codes under 32 mean the same for every
    /// actor and are passed on; what a callee means by its own is its own affair, and its word must
    /// not be taken for ours.
    #[error("{to} refused method {method} with exit code {code}")]
    Refused { to: Address, method: MethodNum, code: ExitCode },
    /// A call to another actor could not be made at all.
    #[error("{to} could not be called: {number}")]
    Syscall { to: Address, number: ErrorNumber },
    /// A method that changes state was called read-only.
    #[error("called read-only")]
    ReadOnly,
    /// The signer did not answer `true` to AuthenticateMessage.
    #[error("{0} does not vouch for this message")]
    Signature(Address),
    /// Arithmetic left the range of its type.
    #[error("{0} overflows")]
    Overflow(&'static str),
}

impl Error {
    /// A state fault in `what`, for whatever reason the store gives.
    pub fn state(what: &'static str, why: impl ToString) -> Self {
        Error::State { what, why: why.to_string() }
    }

    /// [`Error::Encoding`], for whatever reason the codec gives.
    pub fn encoding(what: &'static str, why: impl ToString) -> Self {
        Error::Encoding { what, why: why.to_string() }
    }
}

impl Fault for Error {
    fn exit_code(&self) -> ExitCode {
        match self {
            Error::Params(_) | Error::Encoding { .. } => ExitCode::USR_SERIALIZATION,
            Error::Caller(_) | Error::Signature(_) => ExitCode::USR_FORBIDDEN,
            Error::Method(_) | Error::Selector(_) => ExitCode::USR_UNHANDLED_MESSAGE,
            Error::Argument(_) | Error::Overflow(_) => ExitCode::USR_ILLEGAL_ARGUMENT,
            Error::Value => ExitCode::USR_NOT_PAYABLE,
            Error::Funds(_) => ExitCode::USR_INSUFFICIENT_FUNDS,
            Error::Unresolved(_) => ExitCode::USR_NOT_FOUND,
            Error::State { .. } => ExitCode::USR_ILLEGAL_STATE,
            Error::Refused { code, .. } if (16..32).contains(&code.value()) => *code,
            Error::Refused { .. } => ExitCode::USR_UNSPECIFIED,
            Error::Syscall { number, .. } => match number {
                ErrorNumber::IllegalArgument => ExitCode::USR_ILLEGAL_ARGUMENT,
                ErrorNumber::NotFound => ExitCode::USR_NOT_FOUND,
                ErrorNumber::Forbidden => ExitCode::USR_FORBIDDEN,
                ErrorNumber::InsufficientFunds => ExitCode::USR_INSUFFICIENT_FUNDS,
                ErrorNumber::ReadOnly => ExitCode::USR_READ_ONLY,
                _ => ExitCode::USR_UNSPECIFIED,
            },
            Error::ReadOnly => ExitCode::USR_READ_ONLY,
        }
    }
}

/// Returns `Err(error.into())` unless the condition holds.
#[macro_export]
macro_rules! ensure {
    ($condition:expr, $error:expr $(,)?) => {
        if !$condition {
            return Err($error.into());
        }
    };
}

/// Declares an actor's errors: for each its exit code, what it carries, and what it says.
///
/// A row is `code => Variant(Type, …): "message", `, in order of codes. The enum has one variant more,
/// `Shared`, for [`Error`].
#[macro_export]
macro_rules! errors {
    ($($code:literal => $variant:ident $(($($field:ty),+))?: $message:literal,)+) => {
        /// What the actor refuses.
        #[derive(Clone, Debug, PartialEq, Eq, $crate::error::ThisError)]
        pub enum Error {
            $(#[error($message)] $variant $(($($field),+))?,)+
            #[error(transparent)]
            Shared(#[from] $crate::Error),
        }

        impl $crate::Fault for Error {
            fn exit_code(&self) -> fvm_shared::error::ExitCode {
                match self {
                    $(Error::$variant { .. } => fvm_shared::error::ExitCode::new($code),)+
                    Error::Shared(error) => error.exit_code(),
                }
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callee_s_own_codes_and_system_errors_are_not_passed_on_as_ours() {
        let refused = |code| Error::Refused { to: Address::new_id(9), method: 2, code }.exit_code();
        assert_eq!(refused(ExitCode::SYS_OUT_OF_GAS), ExitCode::USR_UNSPECIFIED);
        assert_eq!(refused(ExitCode::USR_FORBIDDEN), ExitCode::USR_FORBIDDEN);
        assert_eq!(refused(ExitCode::new(32)), ExitCode::USR_UNSPECIFIED);
    }
}
