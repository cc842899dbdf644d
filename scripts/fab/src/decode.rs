//! What a message carried or its receipt replied, as JSON.

use anyhow::{Context, Result};
use clap::Args;
use clap::builder::PossibleValuesParser;
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};

use crate::typed;
use crate::voice::Voice;

#[derive(Args)]
pub struct Options {
    #[arg(value_parser = PossibleValuesParser::new(typed::names()))]
    actor: String,
    /// The method's name or number.
    method: String,
    /// The bytes, in hex or in base64. What can be both is hex. None for no bytes.
    #[arg(default_value = "")]
    bytes: String,
    /// They are the method's parameters, not its reply.
    #[arg(long, conflicts_with = "reply")]
    params: bool,
    /// They are the method's reply, as is taken for granted.
    #[arg(long)]
    reply: bool,
    /// They are in base64, even if they look like hex.
    #[arg(long)]
    base64: bool,
}

pub fn command(options: &Options, voice: &mut Voice<'_>) -> Result<()> {
    let typed = typed::method(&options.actor, &options.method)?;
    let bytes = read(&options.bytes, options.base64)?;
    let json = match options.params {
        true => typed.params_to_json(&bytes)?,
        false => typed.reply_to_json(&bytes)?,
    };
    Ok(voice.json(&json)?)
}

fn read(text: &str, base64: bool) -> Result<Vec<u8>> {
    let text = text.trim();
    let hex = text.strip_prefix("0x").unwrap_or(text).as_bytes();
    let bytes = HEXLOWER_PERMISSIVE.decode(hex).ok().filter(|_| !base64);
    let bytes = bytes.or_else(|| BASE64.decode(text.as_bytes()).ok());
    bytes.context("the bytes are neither hex nor base64: copy them whole, with the padding `=`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_hex_where_they_can_be_unless_they_are_said_to_be_base64() {
        for text in ["820102", "0x820102", "ggEC", " ggEC\n"] {
            assert_eq!(read(text, false).unwrap(), [0x82, 1, 2], "{text}");
        }
        assert_eq!(read("abcd", false).unwrap(), [0xab, 0xcd]);
        assert_eq!(read("abcd", true).unwrap(), [0x69, 0xb7, 0x1d]);
        assert_eq!(read("", false).unwrap().len(), 0);
        let error = read("0x8", false).unwrap_err().to_string();
        assert!(error.starts_with("the bytes are neither"), "{error}");
    }
}
