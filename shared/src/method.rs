//! An actor's interface as types: what a caller needs to call a method, and what tools need to
//! encode and decode it.

use alloc::vec::Vec;

use fvm_ipld_encoding::DAG_CBOR;
use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_shared::MethodNum;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Error;
use crate::dispatch::{decode_params, encode};

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

/// A method as tests and tools go through them. What tools say of it they read from its source.
#[derive(Clone, Copy, Debug)]
pub struct Listed {
    pub name: &'static str,
    pub number: MethodNum,
    /// Rust type of [`Method::Params`].
    pub params: &'static str,
    /// [`recode`] as [`Method::Params`] and [`Method::Return`].
    pub recode_params: Recode,
    pub recode_reply: Recode,
}

/// Decodes bytes as an actor does, and encodes what comes of it.
pub type Recode = fn(&[u8]) -> Result<Vec<u8>, Error>;

/// Decodes bytes as a type and encodes it again, so that tools can ask the actor's own types whether
/// they made bytes as it takes them. `()` is no bytes at all.
pub fn recode<T: Serialize + DeserializeOwned + 'static>(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let block = IpldBlock { codec: DAG_CBOR, data: bytes.to_vec() };
    let value: T = decode_params((!bytes.is_empty()).then_some(&block))?;
    Ok(encode(&value)?.map(|block| block.data).unwrap_or_default())
}

/// Declares methods: a type for each that implements [`Method`], and `METHODS`, which lists them.
///
/// A row is `"Name" Type(Params) -> Return;`, with doc comments in front. The type's name is the
/// method's; both stand there because a macro cannot hash an identifier. A method with a number that
/// is not the hash of its name has it before the type: `"Name" = 2, Type(Params) -> Return;`.
#[macro_export]
macro_rules! methods {
    (@number $name:literal) => { $crate::method_hash!($name) };
    (@number $name:literal $number:expr) => { $number };
    ($(
        $(#[doc = $doc:literal])*
        $name:literal $(= $number:expr,)? $method:ident($params:ty) -> $reply:ty;
    )+) => {
        $(
            $(#[doc = $doc])*
            #[derive(Clone, Copy, Debug)]
            pub enum $method {}

            impl $crate::Method for $method {
                const NAME: &'static str = $name;
                const NUMBER: $crate::MethodNum = $crate::methods!(@number $name $($number)?);
                type Params = $params;
                type Return = $reply;
            }
        )+

        /// All of these methods.
        pub const METHODS: &[$crate::method::Listed] = &[$(
            $crate::method::Listed {
                name: <$method as $crate::Method>::NAME,
                number: <$method as $crate::Method>::NUMBER,
                params: stringify!($params),
                recode_params: $crate::method::recode::<$params>,
                recode_reply: $crate::method::recode::<$reply>,
            },
        )+];
    };
}

#[cfg(test)]
mod tests {
    use super::Method;

    crate::methods! {
        /// Turns things around.
        /// All of them.
        "Turn" Turn((u64, bool)) -> ();
        "Old" = 2, Old(()) -> u64;
    }

    #[test]
    fn a_method_has_the_number_of_its_name_unless_it_says_another() {
        assert_eq!((Turn::NUMBER, Old::NUMBER), (crate::method_hash!("Turn"), 2));
    }

    #[test]
    fn methods_are_listed_as_they_are_declared() {
        let [turn, old] = METHODS else { panic!("two methods") };
        assert_eq!((turn.name, turn.number), ("Turn", Turn::NUMBER));
        assert_eq!((turn.params, old.params), ("(u64, bool)", "()"));
        assert_eq!((old.name, old.number), ("Old", 2));
    }

    #[test]
    fn bytes_are_recoded_as_the_method_s_own_types_have_them() {
        let [turn, _] = METHODS else { panic!("two methods") };
        assert_eq!((turn.recode_params)(&[0x82, 0x01, 0xf5]).unwrap(), [0x82, 0x01, 0xf5]);
        assert!((turn.recode_params)(&[0x81, 0x01]).is_err());
        assert_eq!((turn.recode_reply)(&[]).unwrap().len(), 0);
        assert!((turn.recode_reply)(&[0xf6]).is_err());
    }
}
