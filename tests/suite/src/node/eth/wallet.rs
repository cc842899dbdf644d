//! A wallet of Ethereum, and a token for it to spend.

use actor_datadao::api::{GrantRole, Mint, MintParams, Role, RoleParams};
use fab::story::{constructor_params, on_publish};
use fvm_harness::{CHAIN_ID, Network, TokenAmount, fil};
use fvm_shared::address::Address;
use fvm_shared::bigint::{BigInt, BigUint, Sign};
use lotus::eth::transaction::{Body, Kind, Transaction};
use lotus::eth::{EthAddress, EthBytes};
use lotus::keys::Key;
use lotus::message::SignatureType;
use serde_json::{Value, json};
use shared::token::erc20;

use crate::node::setup::Dev;

/// Topic of the event `Transfer(address,address,uint256)`.
pub const TRANSFER: &str = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";

/// A node with a data DAO, and a wallet that has 10 FIL and 100 $DATA.
pub struct World {
    pub dev: Dev,
    pub token: EthAddress,
    key: Key,
    pub address: EthAddress,
}

impl World {
    pub fn new() -> Self {
        Self::on(Dev::instant())
    }

    pub fn on(dev: Dev) -> Self {
        let key = Key::from_bytes(SignatureType::Delegated, &[7; 32]).unwrap();
        let address = EthAddress::from_f410(&key.address()).unwrap();
        let node = dev.running.as_ref().unwrap().node.clone();
        let deploy = |net: &mut Network| {
            let admin = net.account("admin");
            let params = constructor_params(&admin, on_publish());
            let dao = net.create(&admin, "datadao", &params).ok().id_address;
            let role = RoleParams { role: Role::Minter, account: admin.address() };
            net.call::<GrantRole>(&admin, dao, &role).ok();
            net.fund(key.address(), fil(10));
            let mint = MintParams { to: key.address(), amount: fil(100) };
            net.call::<Mint>(&admin, dao, &mint).ok();
            Ok(dao)
        };
        let dao: Address = node.intervene(deploy).unwrap();
        let token = EthAddress::masked(dao.id().unwrap());
        World { dev, token, key, address }
    }

    /// A transaction with this nonce, as it is sent.
    pub fn signed(&self, nonce: u64, to: EthAddress, value: u64, input: Vec<u8>) -> EthBytes {
        let body = Body {
            kind: Kind::Eip1559 {
                chain_id: CHAIN_ID,
                max_fee: BigUint::from(1_000_000_u32),
                max_priority_fee: BigUint::from(200_000_u32),
            },
            nonce,
            gas_limit: 200_000_000,
            to: Some(to),
            value: value.into(),
            input,
        };
        let signature = self.key.sign(&body.encoded()).unwrap();
        let (rs, v) = signature.bytes().split_at(64);
        let [r, s] = [&rs[..32], &rs[32..]].map(BigUint::from_bytes_be);
        EthBytes(Transaction { body, v: BigUint::from_bytes_be(v), r, s }.encoded())
    }

    /// Sends $DATA, and returns the hash of the transaction.
    pub fn transfer(&self, nonce: u64, to: EthAddress, amount: TokenAmount) -> Value {
        let raw = self.signed(nonce, self.token, 0, transfer_to(to, amount));
        self.dev.ask("eth_sendRawTransaction", json!([raw]))
    }

    /// What a function of the token returns.
    pub fn call(&self, call: &erc20::Call) -> Vec<u8> {
        let call = json!({ "to": self.token, "data": calldata(call) });
        let returned = self.dev.ask("eth_call", json!([call, "latest"]));
        serde_json::from_value::<EthBytes>(returned).unwrap().0
    }

    pub fn balance(&self, owner: EthAddress) -> TokenAmount {
        let owner = erc20::EthAddress(owner.0);
        let word = self.call(&erc20::Call::BalanceOf { owner });
        TokenAmount::from_atto(BigInt::from_bytes_be(Sign::Plus, &word))
    }
}

/// Bytes by which a token is asked, without the wrapping that messages have.
pub fn calldata(call: &erc20::Call) -> EthBytes {
    EthBytes(call.encode().unwrap())
}

pub fn transfer_to(to: EthAddress, amount: TokenAmount) -> Vec<u8> {
    let to = erc20::EthAddress(to.0);
    calldata(&erc20::Call::Transfer { to, amount }).0
}

/// An address as a topic.
pub fn topic(address: EthAddress) -> Value {
    let address = address.to_string();
    json!(format!("0x{}{}", "0".repeat(24), address.trim_start_matches("0x")))
}

/// A number in hex.
#[track_caller]
pub fn number(value: &Value) -> u64 {
    u64::from_str_radix(value.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
}
