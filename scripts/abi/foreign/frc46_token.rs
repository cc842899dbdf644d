// The parameters and replies of FRC-46, as the crate frc46_token 15 declares them. The round trip of
// every method through the crate's own types keeps this true.

pub mod token {
    pub mod types {
        use fvm_ipld_encoding::RawBytes;
        use fvm_shared::address::Address;
        use fvm_shared::econ::TokenAmount;

        #[derive(Serialize_tuple)]
        pub struct TransferParams {
            pub to: Address,
            /// In the token's smallest unit.
            pub amount: TokenAmount,
            /// For the receiver's hook.
            pub operator_data: RawBytes,
        }

        #[derive(Serialize_tuple)]
        pub struct TransferReturn {
            pub from_balance: TokenAmount,
            pub to_balance: TokenAmount,
            /// What the receiver's hook replied.
            pub recipient_data: RawBytes,
        }

        #[derive(Serialize_tuple)]
        pub struct TransferFromParams {
            pub from: Address,
            pub to: Address,
            /// In the token's smallest unit.
            pub amount: TokenAmount,
            /// For the receiver's hook.
            pub operator_data: RawBytes,
        }

        #[derive(Serialize_tuple)]
        pub struct TransferFromReturn {
            pub from_balance: TokenAmount,
            pub to_balance: TokenAmount,
            /// What is left of it.
            pub allowance: TokenAmount,
            /// What the receiver's hook replied.
            pub recipient_data: RawBytes,
        }

        #[derive(Serialize_tuple)]
        pub struct IncreaseAllowanceParams {
            pub operator: Address,
            pub increase: TokenAmount,
        }

        #[derive(Serialize_tuple)]
        pub struct DecreaseAllowanceParams {
            pub operator: Address,
            pub decrease: TokenAmount,
        }

        #[derive(Serialize_tuple)]
        pub struct RevokeAllowanceParams {
            pub operator: Address,
        }

        #[derive(Serialize_tuple)]
        pub struct GetAllowanceParams {
            pub owner: Address,
            pub operator: Address,
        }

        #[derive(Serialize_tuple)]
        pub struct BurnParams {
            pub amount: TokenAmount,
        }

        #[derive(Serialize_tuple)]
        pub struct BurnReturn {
            pub balance: TokenAmount,
        }

        #[derive(Serialize_tuple)]
        pub struct BurnFromParams {
            pub owner: Address,
            pub amount: TokenAmount,
        }

        #[derive(Serialize_tuple)]
        pub struct BurnFromReturn {
            pub balance: TokenAmount,
            /// What is left of it.
            pub allowance: TokenAmount,
        }
    }
}
