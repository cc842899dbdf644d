//! Whatever is sent to a perpetual storage, it ends with a defined exit code and keeps its state.

use actor_perpetual_storage::api::*;
use fvm_harness::{Call, atto};
use fvm_shared::MethodNum;
use fvm_shared::address::Address;
use fvm_shared::error::ExitCode;
use shared::Method;
use shared::ext::{INIT_ACTOR, MARKET_ACTOR};

use crate::bad_input::nonsense;
use crate::setup::storage;

const PAYABLE: [MethodNum; 4] =
    [Deposit::NUMBER, CreatePerpetualDeal::NUMBER, ChangePerpetualDeal::NUMBER, TopUp::NUMBER];

/// Whom the table admits, if not everyone.
fn guard(method: MethodNum) -> Option<Address> {
    match method {
        Constructor::NUMBER => Some(Address::new_id(INIT_ACTOR)),
        AuthenticateMessage::NUMBER | MarketNotifyDeal::NUMBER => {
            Some(Address::new_id(MARKET_ACTOR))
        }
        _ => None,
    }
}

#[test]
fn no_method_of_the_storage_makes_anything_of_nonsense() {
    let mut storage = storage().keeping(1);
    let (uploader, before) = (storage.uploader.address(), storage.state());
    for method in METHODS {
        let (number, params) = (method.number, method.params);
        let empty = (params != "()").then_some(("nothing", vec![]));
        for (what, input) in nonsense().into_iter().chain(empty) {
            let mut sent = |from| {
                let call = Call::new(from, storage.address).raw(number, &input);
                storage.net.implicit(call).exit_code
            };
            let admitted = sent(guard(number).unwrap_or(uploader));
            assert_eq!(admitted, ExitCode::USR_SERIALIZATION, "{what} to {}", method.name);
            if guard(number).is_some() {
                assert_eq!(sent(uploader), ExitCode::USR_FORBIDDEN, "{what} to {}", method.name);
            }
        }
        assert_eq!(storage.state(), before, "{}", method.name);
    }
    storage.check_invariants();
}

#[test]
fn a_method_of_the_storage_takes_fil_only_where_it_says_so_and_keeps_none_where_it_fails() {
    let mut storage = storage();
    let (uploader, before) = (storage.uploader.address(), storage.state());
    for method in METHODS {
        let from = guard(method.number).unwrap_or(uploader);
        storage.net.fund(from, atto(1));
        let code = match PAYABLE.contains(&method.number) {
            true => ExitCode::USR_SERIALIZATION,
            false => ExitCode::USR_NOT_PAYABLE,
        };
        let call = Call::new(from, storage.address).raw(method.number, &[0xff]).value(atto(1));
        storage.net.implicit(call).refused(code);
        let kept = (storage.state(), storage.net.balance(storage.address));
        assert_eq!(kept, (before.clone(), atto(0)), "{}", method.name);
    }
}

#[test]
fn every_batch_and_page_of_the_storage_is_bounded() {
    let mut storage = storage();
    let keeper = storage.keeper.clone();
    storage.call::<Refresh>(&keeper, &vec![1; 17]).refused(ExitCode::new(41));
    storage.call::<Refresh>(&keeper, &vec![1; 16]).ok();
    for limit in [0, 101] {
        let page = PageParams { from: 1, limit };
        storage.call::<FindDue>(&keeper, &page).refused(ExitCode::new(40));
        storage.call::<ListPerpetualDeals>(&keeper, &page).refused(ExitCode::new(40));
    }
}
