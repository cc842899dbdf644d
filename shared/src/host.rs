//! The FVM as an actor sees it. The only module that makes system calls.

use alloc::string::ToString;
use alloc::vec::Vec;

use cid::Cid;
use fvm_actor_utils::blockstore::Blockstore as Chain;
use fvm_actor_utils::messaging::{Messaging, MessagingError};
use fvm_ipld_blockstore::{Block, Blockstore};
use fvm_ipld_encoding::DAG_CBOR;
use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_sdk::{self as sdk, NO_DATA_BLOCK_ID};
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::{ErrorNumber, ExitCode};
use fvm_shared::sys::SendFlags;
use fvm_shared::{ActorID, METHOD_SEND, MethodNum, Response};
use multihash_codetable::{Code, Multihash};
use num_traits::Zero;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::buffer::Buffer;
use crate::event::Event;
use crate::ext::account::{AUTHENTICATE_MESSAGE, AuthenticateMessageParams};
use crate::ext::reply;
use crate::{Caller, Error, Fault, auth, dispatch, links, map};

/// The blocks of this call. An instance of an actor lives for one call and has one thread.
static BUFFER: spin::Mutex<Buffer> = spin::Mutex::new(Buffer::new());

/// The actor's blocks. What is put reaches the chain with the state that leads to it ([`commit`]).
#[derive(Clone, Copy, Debug, Default)]
pub struct Store;

impl Blockstore for Store {
    fn get(&self, cid: &Cid) -> anyhow::Result<Option<Vec<u8>>> {
        BUFFER.lock().get(&Chain, cid)
    }

    fn put_keyed(&self, cid: &Cid, data: &[u8]) -> anyhow::Result<()> {
        BUFFER.lock().put(&Chain, *cid, data)
    }

    /// A link that holds the block where it is short, else one by its Blake2b-256.
    fn put<D: AsRef<[u8]>>(&self, code: Code, block: &Block<D>) -> anyhow::Result<Cid> {
        match links::inline(block.codec, block.data.as_ref()) {
            Some(cid) => Ok(cid),
            None => Hashed.put(code, block),
        }
    }
}

/// The same blocks, but none stands in its link: for a state that the FVM reads, as it does Init's.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hashed;

impl Blockstore for Hashed {
    fn get(&self, cid: &Cid) -> anyhow::Result<Option<Vec<u8>>> {
        Store.get(cid)
    }

    fn put_keyed(&self, cid: &Cid, data: &[u8]) -> anyhow::Result<()> {
        Store.put_keyed(cid, data)
    }

    /// By the Blake2b-256, which all state is hashed with.
    fn put<D: AsRef<[u8]>>(&self, _: Code, block: &Block<D>) -> anyhow::Result<Cid> {
        hashed(block.codec, block.data.as_ref())
    }
}

/// Puts a block by its Blake2b-256, which all state is hashed with, at the price of a system call.
fn hashed(codec: u64, data: &[u8]) -> anyhow::Result<Cid> {
    let cid = Cid::new_v1(codec, Multihash::wrap(Code::Blake2b256.into(), &blake2b(data))?);
    Store.put_keyed(&cid, data)?;
    Ok(cid)
}

/// Prepares the actor to run a method: a panic becomes an abort that says where it was.
pub fn enter() {
    sdk::vm::set_panic_handler();
}

/// Runs one row of the method table and ends the method on any error.
pub fn run<P, R, E>(
    params: u32,
    allowed: Caller,
    payable: bool,
    handler: fn(P) -> Result<R, E>,
) -> u32
where
    P: dispatch::Params,
    R: dispatch::Reply,
    E: Fault,
{
    if !allowed.admits(caller(), || builtin_type(caller())) {
        abort(&Error::Caller(caller()));
    }
    if !payable && !value().is_zero() {
        abort(&Error::Value);
    }
    let params = match sdk::message::params_raw(params) {
        Ok(block) => block,
        Err(number) => abort(&Error::Params(number.to_string())),
    };
    let params = match P::decode(params.as_ref()) {
        Ok(params) => params,
        Err(error) => abort(&error),
    };
    let reply = match handler(params) {
        Ok(reply) => reply,
        Err(error) => abort(&error),
    };
    match reply.encode() {
        Ok(None) => NO_DATA_BLOCK_ID,
        Ok(Some(block)) => match sdk::ipld::put_block(block.codec, &block.data) {
            Ok(id) => id,
            Err(number) => abort(&Error::encoding("reply", number)),
        },
        Err(error) => abort(&error),
    }
}

/// Ends a method that the table does not have.
pub fn unhandled(method: MethodNum) -> u32 {
    abort(&Error::Method(method))
}

/// Ends the method with an error. Nothing it did remains.
pub fn abort(error: &impl Fault) -> ! {
    sdk::vm::exit(error.exit_code().value(), None, Some(&error.to_string()))
}

/// The method that was called.
pub fn method() -> MethodNum {
    sdk::message::method_number()
}

/// The actor that called.
pub fn caller() -> ActorID {
    sdk::message::caller()
}

/// This actor.
pub fn receiver() -> ActorID {
    sdk::message::receiver()
}

/// The value that came with the call, already in this actor's balance.
pub fn value() -> TokenAmount {
    sdk::message::value_received()
}

/// The current epoch.
pub fn epoch() -> ChainEpoch {
    sdk::network::curr_epoch()
}

/// The chain's EIP-155 number, by which a signature for one network is none for another.
pub fn chain_id() -> u64 {
    sdk::network::chain_id().into()
}

/// This actor's balance. Anyone can raise it by a plain send, so no price may come from it.
pub fn balance() -> TokenAmount {
    sdk::sself::current_balance()
}

/// The manifest position of an actor's code; `None` where there is no such actor or its code is
/// not in the manifest.
pub fn builtin_type(actor: ActorID) -> Option<i32> {
    code_type(&sdk::actor::get_actor_code_cid(&Address::new_id(actor))?)
}

/// The manifest position of a code; `None` where it is not in the manifest.
pub fn code_type(code: &Cid) -> Option<i32> {
    sdk::actor::get_builtin_actor_type(code)
}

/// The ID that this address stands for. An f0 address stands for its ID whether or not there is such
/// an actor yet: see [`existing`].
pub fn resolve(address: &Address) -> Result<ActorID, Error> {
    sdk::actor::resolve_address(address).ok_or(Error::Unresolved(*address))
}

/// The f4 address that an actor was created at, if it was.
pub fn delegated_address(actor: ActorID) -> Option<Address> {
    sdk::actor::lookup_delegated_address(actor)
}

/// Like [`resolve`], but there must be an actor: an ID that is granted something before it is born
/// would go to whoever creates that actor.
pub fn existing(address: &Address) -> Result<ActorID, Error> {
    let id = resolve(address)?;
    match sdk::actor::get_actor_code_cid(&Address::new_id(id)) {
        Some(_) => Ok(id),
        None => Err(Error::Unresolved(*address)),
    }
}

/// Like [`resolve`], but makes the account or placeholder if the address has none yet.
pub fn resolve_or_create(address: &Address) -> Result<ActorID, Error> {
    if let Some(id) = sdk::actor::resolve_address(address) {
        return Ok(id);
    }
    send(address, METHOD_SEND, None, TokenAmount::zero())?;
    resolve(address)
}

/// The root block of the actor's state. It stays the same as long as the state does.
pub fn root() -> Result<Cid, Error> {
    sdk::sself::root().map_err(|e| Error::state("actor", e))
}

/// Reads the actor's state.
pub fn load<S: DeserializeOwned>() -> Result<S, Error> {
    map::get_block(&Store, "actor", &root()?)
}

/// Writes the actor's state, and the blocks that it leads to. Maps that it links must have been flushed.
pub fn commit<S: Serialize>(state: &S) -> Result<(), Error> {
    if sdk::vm::read_only() {
        return Err(Error::ReadOnly);
    }
    let block = fvm_ipld_encoding::to_vec(state).map_err(|e| Error::state("actor", e))?;
    let root = hashed(DAG_CBOR, &block).map_err(|e| Error::state("actor", e))?;
    BUFFER.lock().flush(&Chain, &root).map_err(|e| Error::state("actor", e))?;
    sdk::sself::set_root(&root).map_err(|e| Error::state("actor", e))
}

/// Emits an event.
pub fn emit(event: Event) -> Result<(), Error> {
    sdk::event::emit_event(&event.build()?).map_err(|e| Error::encoding("event", e))
}

/// Hashes with blake2b-256 at the price of a system call.
pub fn blake2b(data: &[u8]) -> [u8; 32] {
    sdk::crypto::hash_blake2b(data)
}

/// CBOR parameters for a call.
pub fn params<P: Serialize>(params: &P) -> Result<Option<IpldBlock>, Error> {
    IpldBlock::serialize_cbor(params).map_err(|e| Error::encoding("parameters", e))
}

/// Calls another actor and returns its raw reply. Any exit but OK is an error.
pub fn send(
    to: &Address,
    method: MethodNum,
    params: Option<IpldBlock>,
    value: TokenAmount,
) -> Result<Option<IpldBlock>, Error> {
    accept(to, method, try_send(to, method, params, value, None, SendFlags::empty())?)
}

/// Pays an actor, where there is anything to pay. A plain send runs no code of the receiver.
pub fn pay(to: ActorID, amount: &TokenAmount) -> Result<(), Error> {
    if amount.is_positive() {
        send(&Address::new_id(to), METHOD_SEND, None, amount.clone())?;
    }
    Ok(())
}

/// Pays an actor that others' messages are not to wait for. One that has destroyed itself cannot be paid:
/// what it was due stays here, out of the books, as what is sent without a method does, and is told of.
pub fn pay_bystander(to: ActorID, amount: &TokenAmount) -> Result<(), Error> {
    match pay(to, amount) {
        Err(Error::Syscall { number: ErrorNumber::NotFound, .. }) => {
            emit(Event::new("unpaid").indexed("to", &to).field("amount", amount))
        }
        done => done,
    }
}

/// Calls another actor read-only, without value, and decodes its reply.
pub fn view<P: Serialize, R: DeserializeOwned>(
    to: &Address,
    method: MethodNum,
    p: &P,
) -> Result<R, Error> {
    reply(accept(
        to,
        method,
        try_send(to, method, params(p)?, TokenAmount::zero(), None, SendFlags::READ_ONLY)?,
    )?)
}

/// Calls another actor's method that takes no parameters read-only, and decodes its reply.
pub fn get<R: DeserializeOwned>(to: &Address, method: MethodNum) -> Result<R, Error> {
    reply(accept(
        to,
        method,
        try_send(to, method, None, TokenAmount::zero(), None, SendFlags::READ_ONLY)?,
    )?)
}

/// Calls another actor and leaves its exit code to the caller. At most `gas_limit` gas is spent.
pub fn try_send(
    to: &Address,
    method: MethodNum,
    params: Option<IpldBlock>,
    value: TokenAmount,
    gas_limit: Option<u64>,
    flags: SendFlags,
) -> Result<Response, Error> {
    sdk::send::send(to, method, params, value, gas_limit, flags)
        .map_err(|number| Error::Syscall { to: *to, number })
}

fn accept(to: &Address, method: MethodNum, response: Response) -> Result<Option<IpldBlock>, Error> {
    match response.exit_code {
        ExitCode::OK => Ok(response.return_data),
        code => Err(Error::Refused { to: *to, method, code }),
    }
}

/// Whether `signer` vouches for `message` (see [`auth::vouches`]). The call is read-only; any
/// failure of the signer is [`Error::Signature`].
pub fn authenticate(signer: &Address, signature: &[u8], message: &[u8]) -> Result<(), Error> {
    let p = AuthenticateMessageParams { signature: signature.to_vec(), message: message.to_vec() };
    let response = try_send(
        signer,
        AUTHENTICATE_MESSAGE,
        params(&p)?,
        TokenAmount::zero(),
        None,
        SendFlags::READ_ONLY,
    )?;
    if auth::vouches(response.exit_code, response.return_data.as_ref()) {
        Ok(())
    } else {
        Err(Error::Signature(*signer))
    }
}

/// The f2 address of the next actor that this message creates: it stays the same if the chain
/// re-organises and IDs change.
pub fn next_actor_address() -> Address {
    sdk::actor::next_actor_address()
}

/// Creates an actor. Only Init may.
pub fn create_actor(id: ActorID, code: &Cid, delegated: Option<Address>) -> Result<(), Error> {
    sdk::actor::create_actor(id, code, delegated)
        .map_err(|number| Error::Syscall { to: Address::new_id(id), number })
}

/// Sends for `frc46_token`'s receiver hook, spending at most `gas_limit` gas.
pub struct Limited {
    pub gas_limit: Option<u64>,
}

impl Messaging for Limited {
    fn send(
        &self,
        to: &Address,
        method: MethodNum,
        params: Option<IpldBlock>,
        value: TokenAmount,
    ) -> Result<Response, MessagingError> {
        Ok(sdk::send::send(to, method, params, value, self.gas_limit, SendFlags::empty())?)
    }
}
