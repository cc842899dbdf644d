//! What becomes of a message.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use cid::Cid;
use data_encoding::BASE64;
use fvm_shared::clock::ChainEpoch;

use super::target::Target;
use crate::node::lotus::Search;
use crate::node::{Lotus, Receipt};
use crate::table::thousands;
use crate::units::fil;
use crate::voice::Voice;

/// What to do where no tipset is made by itself.
pub const BY_HAND: &str = "a dev node that mines by hand goes on by `cargo fab dev mine`";
/// What to do where no time passes by itself.
const BY_ITSELF: &str =
    "a dev node makes 30 epochs for it by itself, and `cargo fab dev advance` more";
/// When people are told why it takes so long.
const LONG: Duration = Duration::from_secs(20);

/// Tells of a message that was sent at an epoch, and how it ended once its receipt is so many epochs
/// old, and prints its reply.
pub fn follow(
    node: &mut Lotus,
    target: &Target,
    (message, sent_at): (&Cid, ChainEpoch),
    confidence: ChainEpoch,
    raw: bool,
    voice: &mut Voice<'_>,
) -> Result<()> {
    voice.fact("message", message)?;
    let mut receipt = wait(node, message, sent_at, confidence, voice)?;
    if let Some(replay) = node.replay(message) {
        voice.fact("cost", fil(&replay.cost))?;
        receipt.told = replay.told;
    }
    end(target, &receipt, raw, voice)
}

/// Waits for the receipt of a message that was sent at an epoch, until it is so many epochs old.
/// However long it takes: who stops waiting stops nothing else.
fn wait(
    node: &mut Lotus,
    message: &Cid,
    sent_at: ChainEpoch,
    confidence: ChainEpoch,
    voice: &mut Voice<'_>,
) -> Result<Receipt> {
    let (start, mut told) = (Instant::now(), false);
    let mut pauses = node.pauses();
    loop {
        sleep(pauses.next().unwrap_or(node.poll));
        let found = match node.search(message, sent_at)? {
            Search::Found { height, .. } if confidence > 0 => {
                voice.fact(
                    "epoch",
                    format_args!("{height}, to be {confidence} epochs old: {BY_ITSELF}"),
                )?;
                node.wait_until_old(message, sent_at, confidence)?
            }
            found => found,
        };
        match found {
            Search::Found { receipt, .. } => return Ok(receipt),
            Search::Pending => {}
            Search::Replaced => bail!(
                "the message {message} never runs: another with its nonce is on chain. Look what its \
                 sender sent, and send it again if it is still wanted"
            ),
            Search::Unknown => bail!(
                "the node has forgotten the message {message}, which it took: look it up on another \
                 node before you send it again"
            ),
        }
        if !told && start.elapsed() > LONG {
            voice.tell(format_args!("waiting on: the node has the message, and {BY_HAND}"))?;
            told = true;
        }
    }
}

/// Tells how a message ended, and prints its reply. An error for one that failed.
pub fn end(target: &Target, receipt: &Receipt, raw: bool, voice: &mut Voice<'_>) -> Result<()> {
    let exit = receipt.exit_code.value();
    voice.fact("gas", thousands(receipt.gas_used))?;
    voice.fact("exit", exit)?;
    if exit != 0 {
        let told = receipt.told.trim();
        let colon = if told.is_empty() { "" } else { "\n" };
        bail!("the message failed: {}{colon}{told}", target.explain(exit, told));
    }
    let bytes = receipt.return_data.bytes();
    let encoded = BASE64.encode(bytes);
    match target.typed {
        _ if raw && bytes.is_empty() => voice.say("OK")?,
        Some(typed) if !raw => match typed.reply_to_json(bytes) {
            Ok(reply) if bytes.is_empty() && reply.is_null() => {}
            Ok(reply) => voice.json(&reply)?,
            Err(error) => {
                voice.tell(format_args!(
                    "the reply is not what {} replies: {error}",
                    typed.method.name
                ))?;
                voice.say(encoded)?;
            }
        },
        _ if bytes.is_empty() => {}
        _ => voice.say(encoded)?,
    }
    Ok(())
}

/// The exit code that a node tells of where it refuses a message that would fail.
pub fn exit_of(told: &str) -> Option<u32> {
    let (_, rest) = told.split_once("(exit=[")?;
    let (code, _) = rest.split_once(']')?;
    // A code of the FVM has its name before it.
    let digits = code.split_once('(').map_or(code, |(_, digits)| digits.trim_end_matches(')'));
    digits.parse().ok()
}
