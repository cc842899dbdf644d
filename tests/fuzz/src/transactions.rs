//! Transactions of Ethereum, as the dev node takes them from wallets.

use lotus::eth::transaction::Transaction;

/// The chain for which those of the corpus are signed.
const CHAIN: u64 = 31_415_926;

/// What is read is written in one way and read again as the same; the message that it becomes, of
/// whoever signed it, is that transaction and no other.
pub fn run(input: &[u8]) {
    let Ok(transaction) = Transaction::parse(input, CHAIN) else { return };
    let about = || format!("{transaction:?} of {input:02x?}");
    let written = transaction.encoded();
    let again = Transaction::parse(&written, CHAIN);
    assert_eq!(again.as_ref(), Ok(&transaction), "{}", about());
    if let Ok(signed) = transaction.signed_message(CHAIN) {
        assert_eq!(Transaction::of(&signed, CHAIN).as_ref(), Ok(&transaction), "{}", about());
    }
}
