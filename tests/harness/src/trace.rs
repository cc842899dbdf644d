//! The calls that a message led to.

use std::fmt;

use cid::Cid;
use fvm::gas::GasCharge;
pub use fvm::trace::IpldOperation;
use fvm::trace::{ExecutionEvent, ExecutionTrace};
use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::{ErrorNumber, ExitCode};
use fvm_shared::state::ActorState;
use fvm_shared::{ActorID, MethodNum};

/// A call between actors, what it spent, and the calls that it made in turn. The root stands for
/// the message itself.
#[derive(Clone, Debug)]
pub struct CallTree {
    pub from: ActorID,
    pub to: Address,
    pub method: MethodNum,
    pub value: TokenAmount,
    /// Gas that the caller allowed at the most.
    pub gas_limit: u64,
    pub read_only: bool,
    pub params: Option<IpldBlock>,
    pub returned: Option<IpldBlock>,
    /// `None` where the call could not be made or was cut off by the end of gas.
    pub exit_code: Option<ExitCode>,
    /// Why the call could not be made.
    pub error: Option<ErrorNumber>,
    /// The actor that ran, as it was before; `None` where none did, as for a mere transfer.
    pub invoked: Option<(ActorID, ActorState)>,
    /// What this call was charged, without those below it; of the root also the message itself.
    pub charges: Vec<GasCharge>,
    pub logs: Vec<String>,
    /// Blocks read and written: what, which, and bytes.
    pub ipld: Vec<(IpldOperation, Cid, usize)>,
    /// Gas spent in this call and those below it, without what the caller paid to make it.
    pub gas: u64,
    pub calls: Vec<CallTree>,
}

impl CallTree {
    /// Pairs every call of a trace with its return. A trace exists only where tracing is on;
    /// without, the tree is a root without calls.
    pub(crate) fn new(trace: ExecutionTrace) -> Self {
        let mut open = vec![CallTree::root()];
        let mut gas = vec![0_u64];
        for event in trace {
            match event {
                ExecutionEvent::GasCharge(charge) => {
                    if let (Some(spent), Some(call)) = (gas.last_mut(), open.last_mut()) {
                        *spent += charge.total().as_milligas();
                        call.charges.push(charge);
                    }
                }
                ExecutionEvent::Call { from, to, method, value, read_only, params, gas_limit } => {
                    open.push(CallTree {
                        from,
                        to,
                        method,
                        value,
                        gas_limit,
                        read_only,
                        params,
                        ..CallTree::root()
                    });
                    gas.push(0);
                }
                ExecutionEvent::CallReturn(code, returned) => {
                    if let Some(call) = open.last_mut() {
                        call.returned = returned;
                    }
                    close(&mut open, &mut gas, Some(code));
                }
                ExecutionEvent::CallError(error) => {
                    if let Some(call) = open.last_mut() {
                        call.error = Some(error.1);
                    }
                    close(&mut open, &mut gas, None);
                }
                event => {
                    if let Some(call) = open.last_mut() {
                        call.note(event);
                    }
                }
            }
        }
        while open.len() > 1 {
            close(&mut open, &mut gas, None);
        }
        let mut root = open.pop().unwrap_or_else(CallTree::root);
        match root.calls.len() {
            1 => {
                let mut message = root.calls.remove(0);
                message.charges.splice(..0, root.charges);
                message
            }
            _ => root,
        }
    }

    fn note(&mut self, event: ExecutionEvent) {
        match event {
            ExecutionEvent::InvokeActor { id, state } => self.invoked = Some((id, state)),
            ExecutionEvent::Log(line) => self.logs.push(line),
            ExecutionEvent::Ipld { op, cid, size } => self.ipld.push((op, cid, size)),
            _ => {}
        }
    }

    fn root() -> Self {
        CallTree {
            from: 0,
            to: Address::new_id(0),
            method: 0,
            value: TokenAmount::default(),
            gas_limit: 0,
            read_only: false,
            params: None,
            returned: None,
            exit_code: None,
            error: None,
            invoked: None,
            charges: vec![],
            logs: vec![],
            ipld: vec![],
            gas: 0,
            calls: vec![],
        }
    }

    /// Every call below this one that this method received, in the order made.
    #[must_use]
    pub fn of_method(&self, method: MethodNum) -> Vec<&CallTree> {
        let mut found = vec![];
        for call in &self.calls {
            if call.method == method {
                found.push(call);
            }
            found.extend(call.of_method(method));
        }
        found
    }

    fn show(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        let exit = self.exit_code.map_or_else(|| "cut off".into(), |code| format!("exit {code}"));
        let (to, method, gas) = (self.to, self.method, self.gas);
        writeln!(f, "{:depth$}f0{} → {to} method {method}: {exit}, {gas} gas", "", self.from)?;
        self.calls.iter().try_for_each(|call| call.show(f, depth + 2))
    }
}

/// Moves the innermost open call into the one that made it.
fn close(open: &mut Vec<CallTree>, gas: &mut Vec<u64>, code: Option<ExitCode>) {
    if open.len() < 2 {
        return;
    }
    if let (Some(mut call), Some(spent)) = (open.pop(), gas.pop()) {
        call.exit_code = code;
        call.gas = spent / 1000;
        if let (Some(caller), Some(total)) = (open.last_mut(), gas.last_mut()) {
            caller.calls.push(call);
            *total += spent;
        }
    }
}

impl fmt::Display for CallTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show(f, 0)
    }
}
