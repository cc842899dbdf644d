//! Which code may be created by whom. Codes are given by their position in the network's manifest,
//! `None` for those that are not in it.

use fvm_shared::ActorID;
use shared::ext::{EAM_ACTOR, builtin};

/// Whether a caller of code `caller` may create an actor of code `code` by Exec: multisigs, payment
/// channels and the network's own codes by anyone, miners by storage power.
#[must_use]
pub fn admits_exec(caller: Option<i32>, code: Option<i32>) -> bool {
    match code {
        Some(builtin::MULTISIG | builtin::PAYMENT_CHANNEL) => true,
        Some(builtin::MINER) => caller == Some(builtin::POWER),
        code => is_network_code(code),
    }
}

/// Whether `caller` may create an actor of code `code` by Exec4, in its own f4 namespace: anything
/// by the Ethereum address manager, the network's own codes by anyone.
#[must_use]
pub fn admits_exec4(caller: ActorID, code: Option<i32>) -> bool {
    caller == EAM_ACTOR || is_network_code(code)
}

fn is_network_code(code: Option<i32>) -> bool {
    code.is_some_and(|position| position > builtin::LAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: Option<i32> = Some(builtin::ACCOUNT);
    const OURS: Option<i32> = Some(builtin::LAST + 1);

    #[test]
    fn exec_admits_the_official_kinds_and_the_network_s_own() {
        let admitted: alloc::vec::Vec<i32> =
            (1..=builtin::LAST).filter(|&code| admits_exec(USER, Some(code))).collect();
        assert_eq!(admitted, [builtin::PAYMENT_CHANNEL, builtin::MULTISIG]);
        assert!(admits_exec(Some(builtin::POWER), Some(builtin::MINER)));
        assert!(admits_exec(USER, OURS));
        assert!(!admits_exec(USER, None) && !admits_exec(USER, Some(0)));
    }

    #[test]
    fn exec4_admits_the_network_s_own_and_whatever_the_eam_creates() {
        assert!((1..=builtin::LAST).all(|code| !admits_exec4(100, Some(code))));
        assert!(admits_exec4(100, OURS) && !admits_exec4(100, None));
        assert!(admits_exec4(EAM_ACTOR, Some(builtin::EVM)));
    }
}
