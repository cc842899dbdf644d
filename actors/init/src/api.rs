//! The interface: that of the official Init.

use shared::ext::init::{ConstructorParams, EXEC, EXEC4, Exec4Params, ExecParams, ExecReturn};

shared::methods! {
    /// Starts a network. Caller: the system actor.
    "Constructor" Constructor(ConstructorParams) -> ();
    /// Creates an actor at an f2 address, and passes the value of the message on to it.
    "Exec" = EXEC, Exec(ExecParams) -> ExecReturn;
    /// Creates an actor at an f4 address in the caller's own namespace, and passes the value of the
    /// message on to it.
    "Exec4" = EXEC4, Exec4(Exec4Params) -> ExecReturn;
}
