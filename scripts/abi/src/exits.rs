//! What exit codes mean, and what to do.

use fvm_shared::error::ExitCode;

use crate::schema::Actor;

/// Codes with their names in the FVM.
macro_rules! codes {
    ($($name:ident: $meaning:literal,)+) => {
        &[$((ExitCode::$name, stringify!($name), $meaning)),+]
    };
}

/// The FVM's own, and those that all actors share: what each means, and what to do.
const STANDARD: &[(ExitCode, &str, &str)] = codes! {
    OK: "done",
    SYS_SENDER_INVALID:
        "the sender is no account, or does not exist: send from an account, and fund it first",
    SYS_SENDER_STATE_INVALID:
        "the nonce is not the sender's next, or its balance does not cover gas and value: look up \
         its nonce and balance, and send again",
    SYS_ILLEGAL_INSTRUCTION:
        "the actor trapped, which is a fault of its code: report it to its authors",
    SYS_INVALID_RECEIVER:
        "no actor is at the address, and none can be created there: check the address",
    SYS_INSUFFICIENT_FUNDS: "the balance does not cover the value: fund the sender or send less",
    SYS_OUT_OF_GAS: "the gas limit is too low: have it estimated, or give more",
    SYS_ILLEGAL_EXIT_CODE:
        "the actor ended with a code that is the FVM's alone: report it to its authors",
    SYS_ASSERTION_FAILED:
        "the FVM could not go on, as where the code of an actor is missing: look into the node's \
         log",
    SYS_MISSING_RETURN: "the actor said that it replies and did not: report it to its authors",
    USR_ILLEGAL_ARGUMENT: "a parameter is well formed but cannot be meant: check the parameters",
    USR_NOT_FOUND: "there is no such thing, or no actor at an address: check IDs and addresses",
    USR_FORBIDDEN: "this caller may not do this: send from whom the method's description names",
    USR_INSUFFICIENT_FUNDS: "a balance or an allowance does not cover what was asked for",
    USR_ILLEGAL_STATE: "the actor's state is broken or does not allow this now",
    USR_SERIALIZATION:
        "the parameters are not the CBOR that the method takes: make them with `cargo fab encode`",
    USR_UNHANDLED_MESSAGE:
        "the actor has no such method: `cargo fab methods` lists those that there are",
    USR_UNSPECIFIED: "another actor that was called on the way failed: look into the trace",
    USR_ASSERTION_FAILED:
        "an assertion of the actor failed, as where it panics: report it to its authors",
    USR_READ_ONLY: "the method changes state and was called read-only: send it as a message",
    USR_NOT_PAYABLE: "the method takes no FIL: send it with value 0",
};

/// The first code that is an actor's own.
const FIRST_OWN: u32 = 32;

/// A code that is not an actor's own by its name in the FVM.
#[must_use]
pub fn name_of_exit(code: u32) -> Option<&'static str> {
    standard(code).map(|(_, name, _)| *name)
}

/// A code in words, with what to do. `actor` is whose code it is, as far as it is known, and `told` what
/// the node says beside it: with a backtrace the actor's own text is there.
#[must_use]
pub fn explain_exit(actor: Option<&Actor>, code: u32, told: &str) -> String {
    if let Some((_, name, meaning)) = standard(code) {
        return format!("{name} ({code}): {meaning}");
    }
    let Some(actor) = actor else {
        return match code {
            FIRST_OWN.. => {
                format!("exit code {code}: the actor's own, and the actor is not known here")
            }
            _ => format!("exit code {code}: reserved, and used by nobody"),
        };
    };
    match actor.exits.iter().find(|exit| exit.code == code) {
        Some(exit) => {
            let own = own_text(told, code).map(str::to_owned);
            format!("{} ({code}): {}", exit.name, own.unwrap_or_else(|| without_values(&exit.text)))
        }
        None => format!("exit code {code}: none that is known of {}", actor.name),
    }
}

impl Actor {
    /// [`explain_exit`] of this actor.
    #[must_use]
    pub fn explain_exit(&self, code: u32, told: &str) -> String {
        explain_exit(Some(self), code, told)
    }
}

fn standard(code: u32) -> Option<&'static (ExitCode, &'static str, &'static str)> {
    STANDARD.iter().find(|(standard, ..)| standard.value() == code)
}

/// The text that the actor ended with, from the first frame of a backtrace: `00: f0112 (method 2) -- text
/// (67)`.
fn own_text(told: &str, code: u32) -> Option<&str> {
    let frame = told.lines().find_map(|line| line.trim_start().strip_prefix("00: "))?;
    let (_, text) = frame.split_once(" -- ")?;
    text.trim_end().strip_suffix(&format!(" ({code})"))
}

/// An error's text without the values that it was about, which a receipt does not tell.
fn without_values(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out += before;
        out.push('…');
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Exit;

    fn bank() -> Actor {
        let broke = Exit { code: 33, name: "Broke".into(), text: "f0{0} lacks {1:?} FIL".into() };
        Actor {
            name: "bank".into(),
            methods: Vec::new(),
            exits: vec![broke],
            state: None,
            types: Default::default(),
        }
    }

    #[test]
    fn a_code_is_explained_by_whose_it_is() {
        let bank = bank();
        assert_eq!(bank.explain_exit(33, ""), "Broke (33): f0… lacks … FIL");
        assert_eq!(bank.explain_exit(34, ""), "exit code 34: none that is known of bank");
        assert!(bank.explain_exit(7, "").starts_with("SYS_OUT_OF_GAS (7): the gas limit"));
        assert!(explain_exit(None, 18, "").starts_with("USR_FORBIDDEN (18)"));
        assert!(explain_exit(None, 33, "").contains("not known"));
        assert!(explain_exit(None, 12, "").contains("reserved"));
    }

    #[test]
    fn an_actor_s_own_text_has_the_values_where_the_node_tells_it() {
        let bank = bank();
        let told = "message failed with backtrace:\n00: f0112 (method 2) -- f0103 lacks 5 FIL (33)\n\
                    01: f05 (method 3) -- no (33)\n (RetCode=33)";
        assert_eq!(bank.explain_exit(33, told), "Broke (33): f0103 lacks 5 FIL");
        let other = "00: f0112 (method 2) -- something else (18)";
        assert_eq!(bank.explain_exit(33, other), "Broke (33): f0… lacks … FIL");
    }
}
