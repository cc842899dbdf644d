//! The receiver hook of a movement of tokens (FRC-46).

use frc46_token::receiver::{FRC46ReceiverHook, FRC46TokenReceived};
use fvm_actor_utils::receiver::{ReceiverHook, RecipientData};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;

use crate::Error;

/// The receiver hook of a movement of tokens, to call once the state is committed.
pub fn hook(received: FRC46TokenReceived) -> Result<ReceiverHook<HookData>, Error> {
    let to = Address::new_id(received.to);
    ReceiverHook::new_frc46(to, received, HookData::default())
        .map_err(|e| Error::encoding("receiver hook", e))
}

/// What a receiver hook returned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HookData(pub RawBytes);

impl RecipientData for HookData {
    fn set_recipient_data(&mut self, data: RawBytes) {
        self.0 = data;
    }
}
