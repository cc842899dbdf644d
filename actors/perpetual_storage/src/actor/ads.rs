use shared::host;

use super::load;
use crate::api::{AdId, AdInfo, ListAdsParams, ListAdsReturn};
use crate::error::Error;

pub fn get_ad(id: AdId) -> Result<AdInfo, Error> {
    load()?.ad_info(&host::Store, id, host::epoch())
}

pub fn list_ads(params: ListAdsParams) -> Result<ListAdsReturn, Error> {
    load()?.list_ads(&host::Store, &params, host::epoch())
}
