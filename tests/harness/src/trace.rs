//! The calls that a message led to.

use std::fmt;

use fvm::trace::{ExecutionEvent, ExecutionTrace};
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::ExitCode;
use fvm_shared::{ActorID, MethodNum};

/// A call between actors, what it spent, and the calls that it made in turn. The root stands for
/// the message itself.
#[derive(Clone, Debug)]
pub struct CallTree {
    pub from: ActorID,
    pub to: Address,
    pub method: MethodNum,
    pub value: TokenAmount,
    pub read_only: bool,
    /// `None` where the call could not be made or was cut off by the end of gas.
    pub exit_code: Option<ExitCode>,
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
                    if let Some(spent) = gas.last_mut() {
                        *spent += charge.total().as_milligas();
                    }
                }
                ExecutionEvent::Call { from, to, method, value, read_only, .. } => {
                    open.push(CallTree { from, to, method, value, read_only, ..CallTree::root() });
                    gas.push(0);
                }
                ExecutionEvent::CallReturn(code, _) => close(&mut open, &mut gas, Some(code)),
                ExecutionEvent::CallError(_) => close(&mut open, &mut gas, None),
                _ => {}
            }
        }
        while open.len() > 1 {
            close(&mut open, &mut gas, None);
        }
        let mut root = open.pop().unwrap_or_else(CallTree::root);
        match root.calls.len() {
            1 => root.calls.remove(0),
            _ => root,
        }
    }

    fn root() -> Self {
        CallTree {
            from: 0,
            to: Address::new_id(0),
            method: 0,
            value: TokenAmount::default(),
            read_only: false,
            exit_code: None,
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
