//! Which data consumer is told about which pieces.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use builtin_common::{Exit, Result};
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::error::ExitCode;
use fvm_shared::sector::SectorNumber;
use shared::ensure;

use crate::types::{PieceActivation, PieceChange, SectorChanges};

/// Exit codes of the miner where a notification has to succeed and does not.
pub const ERR_SEND_FAILED: ExitCode = ExitCode::new(1001);
pub const ERR_RECEIVER_ABORTED: ExitCode = ExitCode::new(1002);
pub const ERR_RESPONSE_INVALID: ExitCode = ExitCode::new(1003);
pub const ERR_REJECTED: ExitCode = ExitCode::new(1004);

/// One message for each address, in the order of the addresses, with its sectors by number and
/// their pieces in the order of the sector.
pub fn group<'a>(
    sectors: impl IntoIterator<Item = (SectorNumber, ChainEpoch, &'a [PieceActivation])>,
) -> BTreeMap<Address, Vec<SectorChanges>> {
    let mut messages: BTreeMap<Address, Vec<SectorChanges>> = BTreeMap::new();
    for (sector, expiration, pieces) in sectors {
        for piece in pieces {
            for notification in &piece.notify {
                let changes = messages.entry(notification.address).or_default();
                let at = changes.partition_point(|change| change.sector < sector);
                if changes.get(at).is_none_or(|change| change.sector != sector) {
                    let added = Vec::new();
                    let minimum_commitment_epoch = expiration;
                    changes.insert(at, SectorChanges { sector, minimum_commitment_epoch, added });
                }
                if let Some(change) = changes.get_mut(at) {
                    change.added.push(PieceChange {
                        data: piece.cid,
                        size: piece.size,
                        payload: notification.payload.clone(),
                    });
                }
            }
        }
    }
    messages
}

/// Whether the reply has the shape of the message and accepts every piece.
pub fn check_reply(changes: &[SectorChanges], reply: &[Vec<bool>]) -> Result<()> {
    let asked = changes.iter().map(|change| change.added.len());
    ensure!(
        asked.eq(reply.iter().map(Vec::len)),
        Exit::new(ERR_RESPONSE_INVALID, "the reply does not match the notification")
    );
    let accepted = reply.iter().flatten().all(|accepted| *accepted);
    ensure!(accepted, Exit::new(ERR_REJECTED, "a notification was rejected"));
    Ok(())
}
