//! Parameters from JSON to the bytes that a message carries.

use std::io::Read;

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use clap::builder::PossibleValuesParser;
use data_encoding::{BASE64, HEXLOWER};
use serde_json::Value;

use crate::typed::{self, Typed};
use crate::voice::Voice;

#[derive(Args)]
pub struct Options {
    #[arg(value_parser = PossibleValuesParser::new(typed::names()))]
    actor: String,
    /// The method's name or number. The constructor is a method.
    method: String,
    /// The parameters: JSON, `@FILE`, or `-` for what comes in. None for a method that takes none.
    #[arg(allow_hyphen_values = true)]
    params: Option<String>,
    /// Print nothing but the parameters in hex.
    #[arg(long, conflicts_with = "base64")]
    hex: bool,
    /// Print nothing but the parameters in base64.
    #[arg(long)]
    base64: bool,
    /// Print parameters to start from, as JSON, and beside them what each field means.
    #[arg(long, conflicts_with_all = ["params", "hex", "base64"])]
    example: bool,
}

pub fn command(options: &Options, voice: &mut Voice<'_>) -> Result<()> {
    let typed = typed::method(&options.actor, &options.method)?;
    if options.example {
        // The notes go elsewhere, so that the example can be kept in a file as it is.
        for (field, note) in typed.actor.notes(typed.method) {
            voice.tell(format_args!("{field}  {note}"))?;
        }
        return Ok(voice.json(&typed.actor.example(typed.method)?)?);
    }
    let cbor = params(&typed, options.params.as_deref())?;
    let line = match (options.hex, options.base64) {
        (true, _) => HEXLOWER.encode(&cbor),
        (_, true) => BASE64.encode(&cbor),
        _ => flags(&typed, &cbor),
    };
    Ok(voice.say(line)?)
}

/// The parameters that a method gets from what stands on the command line.
pub fn params(typed: &Typed, source: Option<&str>) -> Result<Vec<u8>> {
    let json = source.map(read).transpose();
    json.and_then(|json| typed.params_from_json(json.as_ref())).map_err(|error| {
        let (actor, method) = (&typed.actor.name, &typed.method.name);
        anyhow!("{error:#}\n`cargo fab encode {actor} {method} --example` shows what it takes")
    })
}

/// What `lotus send` is told.
fn flags(typed: &Typed, cbor: &[u8]) -> String {
    let number = typed.method.number;
    match cbor {
        [] => format!("--method {number}"),
        cbor => format!("--method {number} --params-hex {}", HEXLOWER.encode(cbor)),
    }
}

/// JSON from the command line, from a file or from what comes in.
fn read(source: &str) -> Result<Value> {
    let text = match source.strip_prefix('@') {
        Some(file) => {
            std::fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?
        }
        None if source == "-" => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).context("cannot read what comes in")?;
            text
        }
        None => source.to_owned(),
    };
    parse(&text)
}

/// JSON, or a bare word such as an address, which shells make of a quoted string.
fn parse(text: &str) -> Result<Value> {
    let text = text.trim();
    match serde_json::from_str(text) {
        Ok(value) => Ok(value),
        Err(_) if is_word(text) => Ok(Value::String(text.to_owned())),
        Err(error) => bail!("the parameters are not JSON: {error}"),
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_lotus_is_told_has_no_parameters_where_there_are_none() {
        let accept = typed::method("datadao", "AcceptAdmin").unwrap();
        let number = accept.method.number;
        assert_eq!(flags(&accept, &[]), format!("--method {number}"));
        assert_eq!(flags(&accept, &[0x80]), format!("--method {number} --params-hex 80"));
    }

    #[test]
    fn a_bare_word_is_a_string_and_anything_else_is_json() {
        assert_eq!(parse(" 5 ").unwrap(), json!(5));
        assert_eq!(parse("f01000").unwrap(), json!("f01000"));
        assert_eq!(parse("\"f01000\"").unwrap(), json!("f01000"));
        for text in ["", "{", "[1,]", "{a: 1}"] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.starts_with("the parameters are not JSON"), "{error}");
        }
    }

    #[test]
    fn parameters_come_from_a_file_as_well() {
        let error = read("@no-such-file").unwrap_err().to_string();
        assert_eq!(error, "cannot read no-such-file");
    }
}
