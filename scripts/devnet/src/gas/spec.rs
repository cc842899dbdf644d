//! What a sender is willing to pay for a message in all.

use fvm_shared::econ::TokenAmount;
use fvm_shared::message::Message;
use lotus::json::Atto;
use serde::Deserialize;

/// What a client says of a message that the node is to complete. All of it may be missing.
#[derive(Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "PascalCase", default)]
pub struct MessageSendSpec {
    /// In attoFIL; nothing for the node's own.
    pub max_fee: Option<Atto>,
    /// By which the node knows a message that it is given twice.
    pub msg_uuid: Option<String>,
    /// Whether the fee cap is as high as the most that is to be paid allows.
    pub maximize_fee_cap: bool,
}

impl MessageSendSpec {
    /// By which the message is known, if it is by anything: Lotus takes zero for none.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        let some = |id: &&str| id.chars().any(|digit| !matches!(digit, '0' | '-'));
        self.msg_uuid.as_deref().filter(some)
    }
}

/// The most that a message is to cost whose sender does not say: 0.07 FIL.
#[must_use]
pub fn default_max_fee() -> TokenAmount {
    TokenAmount::from_nano(70_000_000)
}

/// Lowers the fee cap of a message, also one that its sender chose, so that it cannot cost more than
/// it is to, and the premium with it.
pub fn cap_fee(message: &mut Message, spec: &MessageSendSpec) {
    let said = spec.max_fee.as_ref().map(|fee| fee.0.clone()).filter(|fee| !fee.is_zero());
    let max_fee = said.unwrap_or_else(default_max_fee);
    if spec.maximize_fee_cap || &message.gas_fee_cap * message.gas_limit > max_fee {
        message.gas_fee_cap = max_fee.div_floor(message.gas_limit.max(1));
    }
    message.gas_premium = message.gas_fee_cap.clone().min(message.gas_premium.clone());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::tests::message;

    /// The fee cap and the premium that are left of these, for a message of a thousand units of gas.
    fn capped(cap: u64, premium: u64, spec: MessageSendSpec) -> (u64, u64) {
        let mut message = Message {
            gas_fee_cap: TokenAmount::from_atto(cap),
            gas_premium: TokenAmount::from_atto(premium),
            gas_limit: 1_000,
            ..message(1, 0)
        };
        cap_fee(&mut message, &spec);
        let of = |amount: &TokenAmount| amount.atto().try_into().unwrap();
        (of(&message.gas_fee_cap), of(&message.gas_premium))
    }

    fn max_fee(atto: u64) -> MessageSendSpec {
        MessageSendSpec { max_fee: Some(Atto(TokenAmount::from_atto(atto))), ..Default::default() }
    }

    #[test]
    fn a_fee_within_its_bound_stays() {
        assert_eq!(capped(500, 100, max_fee(500_000)), (500, 100));
    }

    #[test]
    fn a_fee_above_its_bound_is_cut_and_its_premium_with_it() {
        assert_eq!(capped(500, 100, max_fee(499_999)), (499, 100));
        assert_eq!(capped(500, 100, max_fee(60_000)), (60, 60));
    }

    #[test]
    fn a_fee_is_as_high_as_allowed_on_request() {
        assert_eq!(
            capped(5, 5, MessageSendSpec { maximize_fee_cap: true, ..max_fee(60_000) }),
            (60, 5)
        );
    }

    #[test]
    fn a_message_costs_seven_hundredths_of_a_fil_at_the_most_unless_it_is_said() {
        assert_eq!(capped(u64::MAX, 1, MessageSendSpec::default()), (70_000_000_000_000, 1));
        assert_eq!(capped(u64::MAX, 1, max_fee(0)), (70_000_000_000_000, 1));
    }

    #[test]
    fn a_message_without_a_gas_limit_is_capped_all_the_same() {
        let mut message = Message { gas_limit: 0, ..message(1, 0) };
        cap_fee(&mut message, &MessageSendSpec { maximize_fee_cap: true, ..max_fee(60) });
        assert_eq!(message.gas_fee_cap, TokenAmount::from_atto(60));
    }

    #[test]
    fn a_spec_is_read_with_any_part_missing() {
        let read = |text| serde_json::from_str::<MessageSendSpec>(text).unwrap();
        assert_eq!(read("{}"), MessageSendSpec::default());
        assert_eq!(
            read(r#"{"MaxFee":"7","MaximizeFeeCap":true}"#),
            MessageSendSpec { maximize_fee_cap: true, ..max_fee(7) }
        );
        let id = "f7c4c1a9-5e7e-4f6e-9a57-0f8b0f8a5b3d";
        let spec = read(&format!(r#"{{"MsgUuid":"{id}"}}"#));
        assert_eq!(spec.msg_uuid.as_deref(), Some(id));
    }
}
