//! An actor's interface as types: what a caller needs to call a method, and what tools need to
//! encode and decode it.

use fvm_shared::MethodNum;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A method of an actor's interface. Implemented by [`methods!`](crate::methods!).
pub trait Method {
    /// Name under FRC-42.
    const NAME: &'static str;
    const NUMBER: MethodNum;
    /// What goes in; `()` for nothing.
    type Params: Serialize + DeserializeOwned + 'static;
    /// What comes out; `()` for nothing.
    type Return: Serialize + DeserializeOwned + 'static;
}

/// Declares methods: a type for each that implements [`Method`].
///
/// A row is `"Name" Type(Params) -> Return;`, with doc comments in front. The type's name is the
/// method's; both stand there because a macro cannot hash an identifier.
#[macro_export]
macro_rules! methods {
    ($($(#[$doc:meta])* $name:literal $method:ident($params:ty) -> $reply:ty;)+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug)]
            pub enum $method {}

            impl $crate::Method for $method {
                const NAME: &'static str = $name;
                const NUMBER: $crate::MethodNum = $crate::method_hash!($name);
                type Params = $params;
                type Return = $reply;
            }
        )+
    };
}
