use alloc::vec::Vec;

use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use shared::event::Event;
use shared::ext::DataCid;
use shared::host;
use shared::token::erc20::transferred;

use super::{change, load};
use crate::access::Notice;
use crate::api::{
    AccessParams, AccessPolicy, BuyAccessParams, DatasetId, ExpireAccessParams, GetAccessReturn,
    GrantAccessParams, RevokeAccessParams, SetAccessParams,
};
use crate::error::Error;

pub fn set_access(params: SetAccessParams) -> Result<(), Error> {
    let SetAccessParams { dataset, policy } = params;
    let payload =
        change(|state, message| state.set_access(&host::Store, message, dataset, &policy))?;
    policy_set(dataset, &policy, payload)
}

pub fn policy_set(
    dataset: DatasetId,
    policy: &AccessPolicy,
    payload: Option<DataCid>,
) -> Result<(), Error> {
    Ok(host::emit(
        Event::new("access-policy-set")
            .indexed("dataset", &dataset)
            .field("policy", policy)
            .field("payload-cid", &payload),
    )?)
}

pub fn buy_access(params: BuyAccessParams) -> Result<ChainEpoch, Error> {
    let to = host::existing(&params.to)?;
    let bought = change(|state, message| state.buy_access(&host::Store, message, &params, to))?;
    if bought.paid.data.is_positive() {
        transferred(Some(host::caller()), Some(host::receiver()), &bought.paid.data)?;
    }
    let event = notice("access-bought", params.dataset, to, &bought.notice);
    host::emit(event.field("paid", &bought.paid))?;
    Ok(bought.notice.until)
}

pub fn grant_access(params: GrantAccessParams) -> Result<(), Error> {
    let GrantAccessParams { dataset, to, until } = params;
    let to = host::existing(&to)?;
    let granted =
        change(|state, message| state.grant_access(&host::Store, message, dataset, to, until))?;
    Ok(host::emit(notice("access-granted", dataset, to, &granted))?)
}

pub fn revoke_access(params: RevokeAccessParams) -> Result<(), Error> {
    let (dataset, from) = (params.dataset, host::resolve(&params.from)?);
    let left = change(|state, message| state.revoke_access(&host::Store, message, dataset, from))?;
    Ok(host::emit(notice("access-revoked", dataset, from, &left))?)
}

pub fn expire_access(params: ExpireAccessParams) -> Result<(), Error> {
    let dataset = params.dataset;
    let accounts =
        params.accounts.iter().map(host::resolve).collect::<Result<Vec<ActorID>, _>>()?;
    let expired =
        change(|state, message| state.expire_access(&host::Store, message, dataset, &accounts))?;
    for (account, lapsed) in &expired {
        host::emit(notice("access-expired", dataset, *account, lapsed))?;
    }
    Ok(())
}

pub fn has_access(params: AccessParams) -> Result<bool, Error> {
    let account = host::resolve(&params.account).ok();
    load()?.has_access(&host::Store, host::epoch(), account, params.dataset)
}

pub fn get_access(params: AccessParams) -> Result<GetAccessReturn, Error> {
    let account = host::resolve(&params.account).ok();
    load()?.access(&host::Store, host::epoch(), account, params.dataset)
}

/// What a gateway needs to know to hand out keys, or not to.
fn notice(kind: &str, dataset: DatasetId, account: ActorID, notice: &Notice) -> Event {
    Event::new(kind)
        .indexed("dataset", &dataset)
        .indexed("account", &account)
        .field("until", &notice.until)
        .field("payload-cid", &notice.payload_cid)
}
