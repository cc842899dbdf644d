//! The piece commitment of a file: what a storage deal names its data by.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use cid::Cid;
use clap::Args;
use filecoin_proofs_api::seal::generate_piece_commitment;
use filecoin_proofs_api::{RegisteredSealProof, UnpaddedBytesAmount};
use fvm_shared::commcid::data_commitment_v1_to_cid;
use fvm_shared::piece::{PaddedPieceSize, UnpaddedPieceSize};
use serde_json::json;

use crate::table::thousands;

/// Under this the commitment is not defined: half of the smallest piece would be padding.
const MIN_BYTES: u64 = 65;
/// The largest piece that a sector holds.
const MAX_PADDED: u64 = 64 << 30;
/// Bytes of data in the smallest piece, and in every further doubling.
const UNPADDED_UNIT: u64 = 127;

#[derive(Args)]
pub struct Options {
    /// The file, as it is: pack a directory in a CAR first.
    file: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// A file as a piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub cid: Cid,
    /// Bytes after padding with zeroes to the next piece size and Fr32.
    pub padded_size: PaddedPieceSize,
    /// Bytes of the file.
    pub payload: u64,
}

pub fn command(options: &Options) -> Result<()> {
    let piece = of_file(&options.file)?;
    let (cid, size, payload) = (piece.cid.to_string(), piece.padded_size.0, piece.payload);
    if options.json {
        let piece = json!({ "piece_cid": cid, "piece_size": size, "payload_bytes": payload });
        println!("{}", serde_json::to_string_pretty(&piece)?);
    } else {
        println!("piece CID          {cid}");
        println!("padded piece size  {} bytes", thousands(size));
        println!("file               {} bytes", thousands(payload));
    }
    Ok(())
}

/// Computes the piece of a file.
pub fn of_file(path: &Path) -> Result<Piece> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let metadata = file.metadata()?;
    ensure!(metadata.is_file(), "{} is not a file: pack it in a CAR first", path.display());
    let piece = of_reader(Progress::new(file, metadata.len()), metadata.len());
    piece.with_context(|| format!("no piece of {}", path.display()))
}

/// Computes the piece of `payload` bytes.
pub fn of_reader(source: impl Read, payload: u64) -> Result<Piece> {
    ensure!(payload >= MIN_BYTES, "{payload} bytes are too few: a piece has at least {MIN_BYTES}");
    let unpadded = UNPADDED_UNIT * payload.div_ceil(UNPADDED_UNIT).next_power_of_two();
    let padded_size = UnpaddedPieceSize(unpadded).padded();
    ensure!(padded_size.0 <= MAX_PADDED, "{payload} bytes are too many: a sector holds 64 GiB");
    let padded_source = source.chain(io::repeat(0)).take(unpadded);
    let info = generate_piece_commitment(
        RegisteredSealProof::StackedDrg64GiBV1_1,
        padded_source,
        UnpaddedBytesAmount(unpadded),
    )?;
    let cid = data_commitment_v1_to_cid(&info.commitment).map_err(anyhow::Error::msg)?;
    Ok(Piece { cid, padded_size, payload })
}

/// Shows how far the reading of a large file is, where somebody looks.
struct Progress<R> {
    inner: R,
    total: u64,
    read: u64,
    shown: u64,
}

impl<R> Progress<R> {
    /// Files below this are done before anyone wonders.
    const STEP: u64 = 16 << 20;

    fn new(inner: R, total: u64) -> Self {
        Progress { inner, total, read: 0, shown: 0 }
    }
}

impl<R: Read> Read for Progress<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.read += n as u64;
        let mut err = io::stderr();
        if self.total > Self::STEP && err.is_terminal() {
            if self.read - self.shown >= Self::STEP {
                self.shown = self.read;
                write!(err, "\r{}%", self.read * 100 / self.total)?;
            }
            if n == 0 && self.shown > 0 {
                self.shown = 0;
                write!(err, "\r\x1b[K")?;
            }
        }
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(data: &[u8]) -> Piece {
        of_reader(data, data.len() as u64).unwrap()
    }

    /// Published with go-fil-commcid: 127 bytes of each of 0, 1, 2 and 3.
    #[test]
    fn the_published_vector_of_four_nodes() {
        let data: Vec<u8> = (0..4).flat_map(|byte| [byte; 127]).collect();
        let expected = "baga6ea4seaqes3nobte6ezpp4wqan2age2s5yxcatzotcvobhgcmv5wi2xh5mbi";
        assert_eq!(piece(&data).cid.to_string(), expected);
        assert_eq!(piece(&data).padded_size, PaddedPieceSize(512));
    }

    /// Published with Lotus: the commitments of zeroes, by piece size.
    #[test]
    fn the_published_vectors_of_zeroes() {
        for (bytes, padded, expected) in [
            (65, 128, "baga6ea4seaqdomn3tgwgrh3g532zopskstnbrd2n3sxfqbze7rxt7vqn7veigmy"),
            (127, 128, "baga6ea4seaqdomn3tgwgrh3g532zopskstnbrd2n3sxfqbze7rxt7vqn7veigmy"),
        ] {
            let piece = piece(&vec![0; bytes]);
            assert_eq!(piece.cid.to_string(), expected);
            assert_eq!(piece.padded_size, PaddedPieceSize(padded));
        }
        for shift in 1..12 {
            let size = PaddedPieceSize(128 << shift);
            let zeroes = vec![0; usize::try_from(size.unpadded().0).unwrap()];
            let expected = fvm_shared::piece::zero_piece_commitment(size);
            let expected = data_commitment_v1_to_cid(&expected).unwrap();
            assert_eq!(piece(&zeroes).cid, expected, "{size:?}");
        }
    }

    #[test]
    fn a_file_is_padded_with_zeroes_to_the_next_piece_size() {
        let mut data = vec![7; 255];
        let short = piece(&data);
        assert_eq!(short.padded_size, PaddedPieceSize(512));
        data.resize(508, 0);
        assert_eq!(piece(&data).cid, short.cid);
        data[507] = 1;
        assert_ne!(piece(&data).cid, short.cid);
    }

    #[test]
    fn what_is_too_small_for_a_piece_is_refused() {
        let error = of_reader([0; 64].as_slice(), 64).unwrap_err();
        assert!(error.to_string().contains("too few"), "{error}");
    }
}
