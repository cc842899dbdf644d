//! The functions of ERC-20 in the contract ABI of Solidity.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use fvm_shared::bigint::{BigInt, Sign};
use fvm_shared::econ::TokenAmount;

use super::address::EthAddress;
use crate::Error;

/// Decimal places of an amount as people read it.
pub const DECIMALS: u8 = 18;

type Word = [u8; 32];
/// What an address begins with as a word.
const PADDING: [u8; 12] = [0; 12];

// The first four bytes of the Keccak-256 hash of each function's signature.
const NAME: [u8; 4] = [0x06, 0xfd, 0xde, 0x03];
const SYMBOL: [u8; 4] = [0x95, 0xd8, 0x9b, 0x41];
const DECIMALS_SELECTOR: [u8; 4] = [0x31, 0x3c, 0xe5, 0x67];
const TOTAL_SUPPLY: [u8; 4] = [0x18, 0x16, 0x0d, 0xdd];
const BALANCE_OF: [u8; 4] = [0x70, 0xa0, 0x82, 0x31];
const TRANSFER: [u8; 4] = [0xa9, 0x05, 0x9c, 0xbb];
const TRANSFER_FROM: [u8; 4] = [0x23, 0xb8, 0x72, 0xdd];
const APPROVE: [u8; 4] = [0x09, 0x5e, 0xa7, 0xb3];
const ALLOWANCE: [u8; 4] = [0xdd, 0x62, 0xed, 0x3e];

/// What calldata asks for. Amounts are in the token's smallest unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// Nothing but the value that comes with it.
    Deposit,
    Name,
    Symbol,
    Decimals,
    TotalSupply,
    BalanceOf {
        owner: EthAddress,
    },
    Transfer {
        to: EthAddress,
        amount: TokenAmount,
    },
    TransferFrom {
        from: EthAddress,
        to: EthAddress,
        amount: TokenAmount,
    },
    Approve {
        spender: EthAddress,
        amount: TokenAmount,
    },
    Allowance {
        owner: EthAddress,
        spender: EthAddress,
    },
}

impl Call {
    /// Decodes calldata: a selector and exactly its function's arguments. [`Error::Selector`] where
    /// there is no such function, [`Error::Params`] where its arguments are not well formed.
    pub fn decode(calldata: &[u8]) -> Result<Call, Error> {
        if calldata.is_empty() {
            return Ok(Call::Deposit);
        }
        let Some((selector, args)) = calldata.split_first_chunk() else {
            return Err(Error::Params("calldata is shorter than a selector".into()));
        };
        Ok(match *selector {
            NAME => words(args).map(|[]| Call::Name)?,
            SYMBOL => words(args).map(|[]| Call::Symbol)?,
            DECIMALS_SELECTOR => words(args).map(|[]| Call::Decimals)?,
            TOTAL_SUPPLY => words(args).map(|[]| Call::TotalSupply)?,
            BALANCE_OF => {
                let [owner] = words(args)?;
                Call::BalanceOf { owner: address(owner)? }
            }
            TRANSFER => {
                let [to, amount] = words(args)?;
                Call::Transfer { to: address(to)?, amount: uint(amount) }
            }
            TRANSFER_FROM => {
                let [from, to, amount] = words(args)?;
                Call::TransferFrom { from: address(from)?, to: address(to)?, amount: uint(amount) }
            }
            APPROVE => {
                let [spender, amount] = words(args)?;
                Call::Approve { spender: address(spender)?, amount: uint(amount) }
            }
            ALLOWANCE => {
                let [owner, spender] = words(args)?;
                Call::Allowance { owner: address(owner)?, spender: address(spender)? }
            }
            unknown => return Err(Error::Selector(unknown)),
        })
    }

    /// The calldata, for callers. [`Error::Overflow`] where an amount does not fit.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        Ok(match self {
            Call::Deposit => Vec::new(),
            Call::Name => calldata(NAME, []),
            Call::Symbol => calldata(SYMBOL, []),
            Call::Decimals => calldata(DECIMALS_SELECTOR, []),
            Call::TotalSupply => calldata(TOTAL_SUPPLY, []),
            Call::BalanceOf { owner } => calldata(BALANCE_OF, [owner.word()]),
            Call::Transfer { to, amount } => calldata(TRANSFER, [to.word(), uint_word(amount)?]),
            Call::TransferFrom { from, to, amount } => {
                calldata(TRANSFER_FROM, [from.word(), to.word(), uint_word(amount)?])
            }
            Call::Approve { spender, amount } => {
                calldata(APPROVE, [spender.word(), uint_word(amount)?])
            }
            Call::Allowance { owner, spender } => {
                calldata(ALLOWANCE, [owner.word(), spender.word()])
            }
        })
    }
}

fn calldata<const N: usize>(selector: [u8; 4], args: [Word; N]) -> Vec<u8> {
    [&selector, args.as_flattened()].concat()
}

fn words<const N: usize>(args: &[u8]) -> Result<[Word; N], Error> {
    let (words, rest) = args.as_chunks();
    let exact = words.try_into().ok().filter(|_| rest.is_empty());
    exact.ok_or_else(|| Error::Params(format!("{} bytes for {N} arguments", args.len())))
}

fn address(word: Word) -> Result<EthAddress, Error> {
    match (word.first_chunk(), word.last_chunk()) {
        (Some(&PADDING), Some(address)) => Ok(EthAddress(*address)),
        _ => Err(Error::Params("an address of more than 20 bytes".into())),
    }
}

fn uint(word: Word) -> TokenAmount {
    TokenAmount::from_atto(BigInt::from_bytes_be(Sign::Plus, &word))
}

/// An amount as a word. No amount of a token is larger than fits.
pub(super) fn uint_word(amount: &TokenAmount) -> Result<Word, Error> {
    let (sign, bytes) = amount.atto().to_bytes_be();
    let mut word = [0; 32];
    let unused = word.len().checked_sub(bytes.len()).filter(|_| sign != Sign::Minus);
    let (_, low) = word.split_at_mut(unused.ok_or(Error::Overflow("an amount"))?);
    low.copy_from_slice(&bytes);
    Ok(word)
}

/// What a function returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Nothing,
    True,
    Uint(TokenAmount),
    Text(String),
}

impl Value {
    /// The return data.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        Ok(match self {
            Value::Nothing => Vec::new(),
            Value::True => uint_word(&TokenAmount::from_atto(1))?.to_vec(),
            Value::Uint(amount) => uint_word(amount)?.to_vec(),
            Value::Text(text) => {
                let bytes = text.as_bytes();
                let offset = uint_word(&TokenAmount::from_atto(size_of::<Word>()))?;
                let length = uint_word(&TokenAmount::from_atto(bytes.len()))?;
                let mut data = [&offset, &length, bytes].concat();
                data.resize(data.len().next_multiple_of(size_of::<Word>()), 0);
                data
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use multihash_codetable::{Code, MultihashDigest};
    use proptest::prelude::*;

    use super::*;
    use crate::token::max_amount;

    const ANN: EthAddress = EthAddress([1; 20]);
    const BOB: EthAddress = EthAddress([2; 20]);

    /// Calldata as Solidity makes it.
    fn solidity(signature: &str, args: &[Word]) -> Vec<u8> {
        let selector = Code::Keccak256.digest(signature.as_bytes()).digest()[..4].to_vec();
        [selector, args.concat()].concat()
    }

    /// One of every function, by its signature and as words.
    fn calls() -> Vec<(Call, Vec<u8>)> {
        let amount = TokenAmount::from_atto(7);
        let seven = uint_word(&amount).unwrap();
        let (ann, bob) = (ANN.word(), BOB.word());
        vec![
            (Call::Name, solidity("name()", &[])),
            (Call::Symbol, solidity("symbol()", &[])),
            (Call::Decimals, solidity("decimals()", &[])),
            (Call::TotalSupply, solidity("totalSupply()", &[])),
            (Call::BalanceOf { owner: ANN }, solidity("balanceOf(address)", &[ann])),
            (
                Call::Transfer { to: ANN, amount: amount.clone() },
                solidity("transfer(address,uint256)", &[ann, seven]),
            ),
            (
                Call::TransferFrom { from: ANN, to: BOB, amount: amount.clone() },
                solidity("transferFrom(address,address,uint256)", &[ann, bob, seven]),
            ),
            (
                Call::Approve { spender: BOB, amount },
                solidity("approve(address,uint256)", &[bob, seven]),
            ),
            (
                Call::Allowance { owner: ANN, spender: BOB },
                solidity("allowance(address,address)", &[ann, bob]),
            ),
        ]
    }

    #[test]
    fn each_function_has_its_selector_and_arguments() {
        for (call, calldata) in calls() {
            assert_eq!(call.encode().unwrap(), calldata);
            assert_eq!(Call::decode(&calldata), Ok(call));
        }
        assert_eq!(Call::decode(&[]), Ok(Call::Deposit));
    }

    #[test]
    fn calldata_is_exactly_the_selector_and_the_arguments() {
        let refused = |data: &[u8]| matches!(Call::decode(data), Err(Error::Params(_)));
        for (call, calldata) in calls() {
            for length in (1..calldata.len()).filter(|length| *length != 4 || calldata.len() > 4) {
                assert!(refused(&calldata[..length]), "{call:?} cut to {length}");
            }
            assert!(refused(&[&calldata[..], &[0]].concat()), "{call:?} and a byte");
            assert!(refused(&[&calldata[..], &[0; 32]].concat()), "{call:?} and a word");
        }
    }

    #[test]
    fn an_address_has_no_upper_bytes() {
        for (call, calldata) in calls() {
            let addresses = match call {
                Call::TransferFrom { .. } | Call::Allowance { .. } => 2,
                Call::BalanceOf { .. } | Call::Transfer { .. } | Call::Approve { .. } => 1,
                _ => 0,
            };
            for byte in (0..addresses).flat_map(|nth| (0..12).map(move |byte| 4 + 32 * nth + byte))
            {
                let mut bad = calldata.clone();
                bad[byte] = 1;
                assert!(matches!(Call::decode(&bad), Err(Error::Params(_))), "{call:?} at {byte}");
            }
        }
    }

    #[test]
    fn an_unknown_selector_is_named() {
        let mint = solidity("mint(address,uint256)", &[ANN.word(), ANN.word()]);
        assert_eq!(Call::decode(&mint), Err(Error::Selector([0x40, 0xc1, 0x0f, 0x19])));
    }

    #[test]
    fn values_are_words_and_texts_are_padded_to_words() {
        let word = |n: u8| {
            let mut word = [0; 32];
            word[31] = n;
            word
        };
        assert!(Value::Nothing.encode().unwrap().is_empty());
        assert_eq!(Value::True.encode().unwrap(), word(1));
        assert_eq!(Value::Uint(TokenAmount::from_atto(7)).encode().unwrap(), word(7));
        assert_eq!(Value::Uint(max_amount()).encode().unwrap(), [0xff; 32]);
        let text = |bytes: usize| Value::Text("x".repeat(bytes)).encode().unwrap();
        assert_eq!(text(0), [word(32), word(0)].concat());
        assert_eq!(text(32), [word(32), word(32), [b'x'; 32]].concat());
        assert_eq!(text(33).len(), 4 * 32);
        assert_eq!(text(33)[96..], {
            let mut last = [0; 32];
            last[0] = b'x';
            last
        });
    }

    #[test]
    fn what_does_not_fit_a_word_is_not_cut() {
        for amount in [max_amount() + TokenAmount::from_atto(1), TokenAmount::from_atto(-1)] {
            assert!(Value::Uint(amount).encode().is_err());
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_decoder_panic(data in prop::collection::vec(any::<u8>(), 0..160)) {
            let _ = Call::decode(&data);
        }

        #[test]
        fn what_decodes_encodes_to_the_same_calldata(
            nth in 0..9_usize,
            args in prop::collection::vec((any::<bool>(), any::<[u8; 32]>()), 0..4),
        ) {
            let mut data = calls()[nth].1[..4].to_vec();
            for (is_address, mut word) in args {
                if is_address {
                    word[..12].fill(0);
                }
                data.extend(word);
            }
            if let Ok(call) = Call::decode(&data) {
                prop_assert_eq!(call.encode().unwrap(), data);
            }
        }

        #[test]
        fn every_amount_comes_back_from_its_word(word in any::<[u8; 32]>()) {
            prop_assert_eq!(uint_word(&uint(word)).unwrap(), word);
        }
    }
}
