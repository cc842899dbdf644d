//! RLP as strictly as Lotus reads it: one value, in its only encoding, within limits.

use rlp::{DecoderError, PayloadInfo};
use thiserror::Error;

/// The longest input, in bytes.
const MAX_INPUT: usize = 2 << 20;
/// The most elements of a list: as many as a transaction of EIP-1559 has.
const MAX_ELEMENTS: usize = 12;
/// How deep lists are nested at most.
const MAX_DEPTH: usize = 32;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    Bytes(&'a [u8]),
    List(Vec<Item<'a>>),
}

/// What is wrong with the input, in the words of Lotus.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Error {
    #[error("invalid rlp data: data is empty")]
    Empty,
    #[error("invalid rlp data: input length {0} exceeds limit of {MAX_INPUT}")]
    TooLong(usize),
    #[error("invalid rlp data: length {length}, consumed {consumed}")]
    Trailing { length: usize, consumed: usize },
    #[error("invalid rlp data: list nesting depth exceeds limit of {MAX_DEPTH}")]
    TooDeep,
    #[error("invalid rlp data: incorrect list length")]
    ListLength,
    #[error("invalid rlp data: non-canonical list length encoding")]
    LongList,
    #[error("invalid rlp data: non-canonical string length encoding")]
    LongString,
    #[error("invalid rlp data: non-canonical single byte encoding")]
    LongByte,
    #[error("invalid rlp data: non-canonical length encoding with leading zeros")]
    LeadingZeros,
    #[error("invalid rlp data: out of bound while parsing list")]
    ListBounds,
    #[error("invalid rlp data: out of bound while parsing string")]
    StringBounds,
    #[error("invalid rlp data: out of bound while parsing length")]
    LengthBounds,
    #[error("invalid rlp data: cannot decode list element: {0}")]
    Element(Box<Error>),
}

/// Reads the one value that the input is.
pub fn decode(input: &[u8]) -> Result<Item<'_>, Error> {
    if input.len() > MAX_INPUT {
        return Err(Error::TooLong(input.len()));
    }
    let (item, consumed) = item(input, 0)?;
    match consumed == input.len() {
        true => Ok(item),
        false => Err(Error::Trailing { length: input.len(), consumed }),
    }
}

/// The value at the start of the input, and how many bytes it takes.
fn item(input: &[u8], depth: usize) -> Result<(Item<'_>, usize), Error> {
    let first = *input.first().ok_or(Error::Empty)?;
    if depth > MAX_DEPTH {
        return Err(Error::TooDeep);
    }
    let is_list = first >= 0xc0;
    let PayloadInfo { header_len, value_len } =
        PayloadInfo::from(input).map_err(|error| match error {
            DecoderError::RlpDataLenWithZeroPrefix => Error::LeadingZeros,
            DecoderError::RlpInvalidIndirection if is_list => Error::LongList,
            DecoderError::RlpInvalidIndirection => Error::LongString,
            _ => Error::LengthBounds,
        })?;
    let rest = input.get(header_len..).ok_or(Error::LengthBounds)?;
    let payload = rest.get(..value_len).ok_or(match (header_len, is_list) {
        (2.., _) => Error::LengthBounds,
        (_, true) => Error::ListBounds,
        (_, false) => Error::StringBounds,
    })?;
    let item = match (is_list, header_len, payload) {
        (true, ..) => Item::List(list(rest, value_len, depth + 1)?),
        (false, 1, [0..0x80]) => return Err(Error::LongByte),
        (false, ..) => Item::Bytes(payload),
    };
    Ok((item, header_len + value_len))
}

/// The elements of a list of `length` bytes at the start of the input. An element that reaches
/// beyond them is read, and then makes the length of the list wrong.
fn list(input: &[u8], length: usize, depth: usize) -> Result<Vec<Item<'_>>, Error> {
    let mut items = Vec::new();
    let mut consumed = 0;
    while consumed < length && items.len() < MAX_ELEMENTS {
        let rest = input.get(consumed..).unwrap_or_default();
        let (element, taken) = item(rest, depth).map_err(|e| Error::Element(Box::new(e)))?;
        items.push(element);
        consumed += taken;
    }
    match consumed == length {
        true => Ok(items),
        false => Err(Error::ListLength),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read() {
        assert_eq!(decode(&[0x00]), Ok(Item::Bytes(&[0])));
        assert_eq!(decode(&[0x7f]), Ok(Item::Bytes(&[0x7f])));
        assert_eq!(decode(&[0x80]), Ok(Item::Bytes(&[])));
        assert_eq!(decode(&[0x81, 0x80]), Ok(Item::Bytes(&[0x80])));
        assert_eq!(decode(&[0xc0]), Ok(Item::List(vec![])));
        let nested = Item::List(vec![Item::Bytes(b"a"), Item::List(vec![])]);
        assert_eq!(decode(&[0xc2, b'a', 0xc0]), Ok(nested));
        let long = [&[0xb8, 56][..], &[9; 56]].concat();
        assert_eq!(decode(&long), Ok(Item::Bytes(&[9; 56])));
    }

    #[test]
    fn a_value_has_one_encoding() {
        assert_eq!(decode(&[0x81, 0x7f]), Err(Error::LongByte));
        assert_eq!(decode(&[&[0xb8, 55][..], &[9; 55]].concat()), Err(Error::LongString));
        assert_eq!(decode(&[&[0xf8, 55][..], &[9; 55]].concat()), Err(Error::LongList));
        assert_eq!(decode(&[&[0xb9, 0, 56][..], &[9; 56]].concat()), Err(Error::LeadingZeros));
    }

    #[test]
    fn lengths_are_those_of_the_input() {
        assert_eq!(decode(&[]), Err(Error::Empty));
        assert_eq!(decode(&[0x82, 1]), Err(Error::StringBounds));
        assert_eq!(decode(&[0xc2, 1]), Err(Error::ListBounds));
        assert_eq!(decode(&[0xb8]), Err(Error::LengthBounds));
        assert_eq!(decode(&[0xb8, 56, 1]), Err(Error::LengthBounds));
        assert_eq!(
            decode(&[0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            Err(Error::LengthBounds)
        );
        assert_eq!(decode(&[1, 2]), Err(Error::Trailing { length: 2, consumed: 1 }));
        assert_eq!(decode(&vec![0; MAX_INPUT + 1]), Err(Error::TooLong(MAX_INPUT + 1)));
    }

    #[test]
    fn an_element_reaches_no_further_than_its_list() {
        assert_eq!(
            decode(&[0xc3, 0xc1, 0x82, 1, 2]),
            Err(Error::Element(Box::new(Error::ListLength)))
        );
        assert_eq!(decode(&[0xc1, 0x82]), Err(Error::Element(Box::new(Error::StringBounds))));
    }

    #[test]
    fn lists_are_bounded_in_length_and_depth() {
        assert!(decode(&[&[0xcc][..], &[1; 12]].concat()).is_ok());
        assert_eq!(decode(&[&[0xcd][..], &[1; 13]].concat()), Err(Error::ListLength));
        let nested = |depth: u8| (0..=depth).rev().map(|inner| 0xc0 + inner).collect::<Vec<_>>();
        assert!(decode(&nested(32)).is_ok());
        let mut error = decode(&nested(33)).unwrap_err();
        while let Error::Element(inner) = error {
            error = *inner;
        }
        assert_eq!(error, Error::TooDeep);
    }
}
