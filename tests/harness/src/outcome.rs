//! What became of a message.

use std::fmt;
use std::marker::PhantomData;

use cid::Cid;
use fvm::executor::ApplyRet;
use fvm_ipld_encoding::{RawBytes, from_slice};
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::ExitCode;
use fvm_shared::event::StampedEvent;
use serde::de::DeserializeOwned;

use crate::trace::CallTree;

/// The receipt of a message, its events, and what a node would only tell in its log.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub exit_code: ExitCode,
    pub return_data: RawBytes,
    pub gas_used: u64,
    pub events: Vec<StampedEvent>,
    /// Root of the AMT of the events, if there are any.
    pub events_root: Option<Cid>,
    /// What the sender paid for gas: burnt, and to the block's producer.
    pub gas_burnt: TokenAmount,
    pub gas_tip: TokenAmount,
    /// The part of what was burnt that is for a gas limit of more than was used.
    pub over_estimation_burn: TokenAmount,
    /// What the sender got back of what it had put down for the gas limit.
    pub refund: TokenAmount,
    /// What the block's producer pays for a message that should not be in a block.
    pub penalty: TokenAmount,
    /// The calls that the message led to, each with its gas.
    pub calls: CallTree,
    /// The actors through which a failure passed and what each said; empty for a success.
    pub backtrace: String,
}

impl Outcome {
    pub(crate) fn new(ret: ApplyRet) -> Self {
        Outcome {
            exit_code: ret.msg_receipt.exit_code,
            return_data: ret.msg_receipt.return_data,
            gas_used: ret.msg_receipt.gas_used,
            events: ret.events,
            events_root: ret.msg_receipt.events_root,
            gas_burnt: ret.base_fee_burn + &ret.over_estimation_burn,
            gas_tip: ret.miner_tip,
            over_estimation_burn: ret.over_estimation_burn,
            refund: ret.refund,
            penalty: ret.penalty,
            calls: CallTree::new(ret.exec_trace),
            backtrace: ret.failure_info.map(|info| info.to_string()).unwrap_or_default(),
        }
    }

    /// The events of this type, each as its fields by key.
    #[must_use]
    pub fn events_of(&self, kind: &str) -> Vec<&StampedEvent> {
        let is_kind = |event: &&StampedEvent| {
            event.event.entries.first().is_some_and(|entry| {
                entry.key == "$type" && from_slice::<String>(&entry.value).is_ok_and(|k| k == kind)
            })
        };
        self.events.iter().filter(is_kind).collect()
    }

    /// Asserts success.
    ///
    /// # Panics
    /// On any exit but OK, with the backtrace.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert!(self.exit_code.is_success(), "{self}");
        self
    }

    /// Asserts that the message failed with exactly this exit code.
    ///
    /// # Panics
    /// On any other outcome.
    #[track_caller]
    pub fn refused(self, code: impl Into<ExitCode>) -> Self {
        let code = code.into();
        assert_eq!(self.exit_code, code, "{self}");
        self
    }

    /// Decodes the return value of a success.
    ///
    /// # Panics
    /// On failure, and on a value of another shape.
    #[track_caller]
    #[must_use]
    pub fn returned<R: DeserializeOwned>(self) -> R {
        let outcome = self.ok();
        from_slice(&outcome.return_data)
            .unwrap_or_else(|e| panic!("return value {:?}: {e}", outcome.return_data))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit {} after {} gas", self.exit_code, self.gas_used)?;
        if !self.backtrace.is_empty() {
            write!(f, "\n{}", self.backtrace)?;
        }
        Ok(())
    }
}

/// An outcome whose return type is known.
#[derive(Clone, Debug)]
pub struct Reply<R> {
    pub outcome: Outcome,
    pub(crate) kind: PhantomData<R>,
}

impl<R: DeserializeOwned> Reply<R> {
    /// The decoded return value.
    ///
    /// # Panics
    /// On failure, with the backtrace.
    #[track_caller]
    pub fn ok(self) -> R {
        let outcome = self.outcome.ok();
        let empty: &[u8] = &[0xf6];
        let data = if outcome.return_data.is_empty() { empty } else { &outcome.return_data };
        from_slice(data).unwrap_or_else(|e| panic!("return value {data:?}: {e}"))
    }

    /// Asserts that the message failed with exactly this exit code.
    ///
    /// # Panics
    /// On any other outcome.
    #[track_caller]
    pub fn refused(self, code: impl Into<ExitCode>) -> Outcome {
        self.outcome.refused(code)
    }
}
