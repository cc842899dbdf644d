//! FRC-42 dispatch: a table of methods, each with its caller policy and its handler.
//!
//! [`dispatch!`](crate::dispatch!) is the only way into an actor, so a method without a declared
//! caller cannot exist. The order is fixed: an unknown method ends with USR_UNHANDLED_MESSAGE, then
//! a caller the table does not admit with USR_FORBIDDEN, then FIL for a method that takes none with
//! USR_NOT_PAYABLE, then parameters that do not decode with USR_SERIALIZATION, and only then does the
//! handler run.

use alloc::format;
use alloc::string::{String, ToString};
use core::any::TypeId;

use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_ipld_encoding::{CBOR, DAG_CBOR};
use fvm_shared::ActorID;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Error;

/// Who may call a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Anyone: the method takes nothing from whom it is called by, or books it to the caller.
    Anyone,
    /// Whom the actor's own state names, under this role. The handler's rules check it and refuse
    /// others with the actor's own error.
    Role(&'static str),
    /// One actor.
    Only(ActorID),
    /// Actors whose code has this 1-based position in the manifest of built-in actors.
    Builtin(i32),
}

impl Caller {
    /// Whether the table admits `caller`. `kind` looks up the manifest position of the caller's
    /// code, and is asked only where the policy needs it.
    pub fn admits(&self, caller: ActorID, kind: impl FnOnce() -> Option<i32>) -> bool {
        match self {
            Caller::Anyone | Caller::Role(_) => true,
            Caller::Only(id) => caller == *id,
            Caller::Builtin(position) => kind() == Some(*position),
        }
    }
}

/// Decodes a method's parameters: DAG-CBOR or CBOR, nothing before or after. A method of `()` takes
/// no parameters at all.
pub fn decode_params<P: DeserializeOwned + 'static>(
    params: Option<&IpldBlock>,
) -> Result<P, Error> {
    if TypeId::of::<P>() == TypeId::of::<()>() {
        return match params {
            // A unit is CBOR null, whoever encodes it.
            None => decode(CBOR, &[0xf6]).map_err(Error::Params),
            Some(_) => Err(Error::Params("this method takes none".to_string())),
        };
    }
    let block = params.ok_or_else(|| Error::Params("missing".to_string()))?;
    decode(block.codec, &block.data).map_err(Error::Params)
}

/// Decodes what another actor sent, which is CBOR or DAG-CBOR.
pub(crate) fn decode<T: DeserializeOwned>(codec: u64, data: &[u8]) -> Result<T, String> {
    if !matches!(codec, DAG_CBOR | CBOR) {
        return Err(format!("codec {codec:#x} is not CBOR"));
    }
    fvm_ipld_encoding::from_slice(data).map_err(|e| e.to_string())
}

/// Encodes a reply as CBOR, of which the FVM follows no links: what it names need not be a block that
/// the actor can reach. `()` is nothing at all.
pub fn encode<T: Serialize + 'static>(value: &T) -> Result<Option<IpldBlock>, Error> {
    if TypeId::of::<T>() == TypeId::of::<()>() {
        return Ok(None);
    }
    let data = fvm_ipld_encoding::to_vec(value).map_err(|e| Error::encoding("value", e))?;
    Ok(Some(IpldBlock { codec: CBOR, data }))
}

/// What a method takes: any value that decodes from CBOR, or a type that says itself how it is read.
pub trait Params: Sized {
    fn decode(params: Option<&IpldBlock>) -> Result<Self, Error>;
}

impl<P: DeserializeOwned + 'static> Params for P {
    fn decode(params: Option<&IpldBlock>) -> Result<Self, Error> {
        decode_params(params)
    }
}

/// What a method replies: any value that encodes to CBOR, or a type that says itself how it is sent.
pub trait Reply {
    fn encode(&self) -> Result<Option<IpldBlock>, Error>;
}

impl<R: Serialize + 'static> Reply for R {
    fn encode(&self) -> Result<Option<IpldBlock>, Error> {
        encode(self)
    }
}

/// Declares the methods of an actor and exports its `invoke`.
///
/// A row is `number => caller policy => handler`. The number is a pattern: a literal, a constant or
/// [`method_hash!`](crate::method_hash!), or several with `|`. A handler is
/// `fn(P) -> Result<R, E>` with `P:` [`Params`], `R:` [`Reply`] and `E:` [`Fault`](crate::Fault).
///
/// A message that brings value ends with USR_NOT_PAYABLE unless `[payable]` stands before the
/// row's handler, so that nobody pays for what costs nothing. With `payable;` before the first row
/// the whole table takes value, as the built-in actors do.
///
/// After the last row, `; else fallback` names a `fn(MethodNum) -> u32` for every other method, for
/// actors that accept unknown FRC-42 calls as the built-in account does.
#[macro_export]
macro_rules! dispatch {
    (payable; $($method:pat => $caller:expr => $handler:path),+ $(,)? $(; else $fallback:path $(,)?)?) => {
        $crate::dispatch! {
            @entry { $($method => $caller => true => $handler,)+ } $($fallback)?
        }
    };
    ($($method:pat => $caller:expr => $([$payable:ident])? $handler:path),+ $(,)?) => {
        $crate::dispatch! {
            @entry { $($method => $caller => $crate::dispatch!(@payable $($payable)?) => $handler,)+ }
        }
    };
    (@payable payable) => { true };
    (@payable) => { false };
    (@entry { $($rows:tt)+ }) => {
        $crate::dispatch! { @entry { $($rows)+ } $crate::host::unhandled }
    };
    (@entry { $($method:pat => $caller:expr => $payable:expr => $handler:path,)+ } $fallback:path) => {
        // A row that catches more than its own numbers would open methods that nobody declared. No
        // method has the largest number, so a row that matches it matches anything.
        $(const _: () = assert!(!matches!(u64::MAX, $method), "a row must name its method");)+

        /// The entry point that the FVM calls.
        #[unsafe(no_mangle)]
        pub extern "C" fn invoke(params: u32) -> u32 {
            $crate::host::enter();
            match $crate::host::method() {
                $($method => $crate::host::run(params, $caller, $payable, $handler),)+
                method => $fallback(method),
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;

    fn block(data: &[u8]) -> IpldBlock {
        IpldBlock { codec: DAG_CBOR, data: data.to_vec() }
    }

    #[test]
    fn the_table_admits_whom_it_names() {
        let nobody = || None;
        assert!(Caller::Anyone.admits(100, nobody));
        assert!(Caller::Only(5).admits(5, nobody) && !Caller::Only(5).admits(6, nobody));
        assert!(Caller::Builtin(6).admits(100, || Some(6)));
        assert!(!Caller::Builtin(6).admits(100, || Some(7)));
        assert!(!Caller::Builtin(6).admits(100, nobody));
    }

    #[test]
    fn params_are_exactly_one_cbor_value_of_the_right_shape() {
        let pair = [0x82, 0x01, 0x02];
        assert_eq!(decode_params::<(u64, u64)>(Some(&block(&pair))), Ok((1, 2)));
        let refused: Vec<(&str, Option<IpldBlock>)> = vec![
            ("missing", None),
            ("garbage", Some(block(&[0xff, 0x00]))),
            ("short", Some(block(&[0x81, 0x01]))),
            ("long", Some(block(&[0x83, 0x01, 0x02, 0x03]))),
            ("trailing", Some(block(&[0x82, 0x01, 0x02, 0x00]))),
            ("truncated", Some(block(&[0x82, 0x01]))),
            ("raw codec", Some(IpldBlock { codec: 0x55, data: pair.to_vec() })),
        ];
        for (what, params) in refused {
            let decoded = decode_params::<(u64, u64)>(params.as_ref());
            assert!(matches!(decoded, Err(Error::Params(_))), "{what}: {decoded:?}");
        }
    }

    #[test]
    fn a_method_of_unit_takes_no_params_and_replies_nothing() {
        assert_eq!(decode_params::<()>(None), Ok(()));
        assert!(decode_params::<()>(Some(&block(&[0xf6]))).is_err());
        assert_eq!(encode(&()).unwrap(), None);
        let reply = |data: &[u8]| Some(IpldBlock { codec: CBOR, data: data.to_vec() });
        assert_eq!(encode(&true).unwrap(), reply(&[0xf5]));
        assert_eq!(encode(&None::<u64>).unwrap(), reply(&[0xf6]));
    }
}
