//! DataCap: the right to store verified data.

use fvm_ipld_encoding::tuple::*;
use fvm_shared::address::Address;
use fvm_shared::bigint::{BigInt, bigint_ser};
use fvm_shared::econ::TokenAmount;
use shared::ext::{DATACAP_ACTOR, VERIFREG_ACTOR};
use shared::method_hash;

use crate::message::Call;
use crate::network::Network;

const ADD_VERIFIER: u64 = 2;
const ADD_VERIFIED_CLIENT: u64 = 4;
const DATACAP_BALANCE: u64 = method_hash!("Balance");

impl Network {
    /// Gives a client DataCap for so many bytes, from a verifier whom the root appoints for it.
    pub fn grant_datacap(&mut self, client: impl Into<Address>, bytes: u64) {
        let verifier = self.account("verifier").address();
        let registry = Address::new_id(VERIFREG_ACTOR);
        let allowance = |address| Allowance { address, bytes: BigInt::from(bytes) };
        let root = self.verifreg_root().address();
        let appoint = Call::new(root, registry).method(ADD_VERIFIER, &allowance(verifier));
        self.implicit(appoint).ok();
        let client = allowance(client.into());
        self.implicit(Call::new(verifier, registry).method(ADD_VERIFIED_CLIENT, &client)).ok();
    }

    /// The DataCap of a client: one whole token is one byte.
    pub fn datacap(&mut self, of: impl Into<Address>) -> TokenAmount {
        let registry = Address::new_id(VERIFREG_ACTOR);
        let call = Call::new(registry, Address::new_id(DATACAP_ACTOR));
        self.dry_run(call.method(DATACAP_BALANCE, &of.into())).returned()
    }
}

#[derive(Serialize_tuple, Deserialize_tuple)]
struct Allowance {
    address: Address,
    #[serde(with = "bigint_ser")]
    bytes: BigInt,
}
