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

/// A method as tools list it.
#[derive(Clone, Copy, Debug)]
pub struct Listed {
    pub name: &'static str,
    pub number: MethodNum,
    /// Rust types of [`Method::Params`] and [`Method::Return`].
    pub params: &'static str,
    pub reply: &'static str,
    /// The lines of the doc comment.
    pub docs: &'static [&'static str],
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
                reply: stringify!($reply),
                docs: &[$($doc),*],
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
        assert_eq!((turn.params, turn.reply), ("(u64, bool)", "()"));
        assert_eq!(turn.docs, [" Turns things around.", " All of them."]);
        assert_eq!((old.name, old.number, old.docs.len()), ("Old", 2, 0));
    }
}
