// The parameters of the receiver hook (FRC-46), as the crate fvm_actor_utils 15 declares them.

pub mod receiver {
    use fvm_ipld_encoding::RawBytes;

    #[derive(Serialize_tuple)]
    pub struct UniversalReceiverParams {
        /// What the payload is: 2233613279, the hash of FRC46, for FRC46TokenReceived.
        pub type_: u32,
        /// For FRC46: from, to, operator, amount, operator_data and token_data, as CBOR.
        pub payload: RawBytes,
    }
}
