//! The methods of every actor, as its source describes them.

use abi::{Method, Type};
use anyhow::Result;
use clap::Args;
use clap::builder::PossibleValuesParser;
use serde_json::json;

use crate::{table, typed};

#[derive(Args)]
pub struct Options {
    /// This actor's alone.
    #[arg(value_parser = PossibleValuesParser::new(typed::names()))]
    actor: Option<String>,
    /// Print JSON, with all that is said of each method.
    #[arg(long)]
    json: bool,
}

/// A method of an actor.
struct Row {
    actor: &'static str,
    method: &'static Method,
}

pub fn command(options: &Options) -> Result<()> {
    let asked = |row: &Row| options.actor.as_ref().is_none_or(|actor| actor == row.actor);
    let rows: Vec<_> = rows()?.into_iter().filter(asked).collect();
    if options.json {
        let rows: Vec<_> = rows.iter().map(Row::json).collect();
        println!("{}", serde_json::to_string_pretty(&rows)?);
    } else {
        let rows: Vec<_> = rows.iter().map(Row::cells).collect();
        table::print(&["actor", "method", "number", "parameters", "reply", "what it does"], &rows);
    }
    Ok(())
}

/// The methods of all actors, in the order of their tables.
fn rows() -> Result<Vec<Row>> {
    let of = |actor: &'static abi::Actor| {
        actor.methods.iter().map(|method| Row { actor: &actor.name, method })
    };
    Ok(typed::abi()?.actors.iter().flat_map(of).collect())
}

impl Row {
    fn json(&self) -> serde_json::Value {
        let Method { name, number, params, reply, payable, docs } = self.method;
        json!({
            "actor": self.actor, "method": name, "number": number,
            "params": shown(params.as_ref()), "reply": shown(reply.as_ref()),
            "payable": payable, "docs": docs,
        })
    }

    fn cells(&self) -> Vec<String> {
        let Method { name, number, params, reply, docs, .. } = self.method;
        let first = docs.split_inclusive(". ").next().unwrap_or_default().trim_end();
        vec![
            self.actor.to_owned(),
            name.clone(),
            number.to_string(),
            shown(params.as_ref()),
            shown(reply.as_ref()),
            first.to_owned(),
        ]
    }
}

fn shown(ty: Option<&Type>) -> String {
    ty.map_or_else(|| "()".to_owned(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use abi::Leaf;

    use super::*;

    #[test]
    fn no_two_methods_of_an_actor_share_a_number() {
        let mut seen = BTreeMap::new();
        for Row { actor, method } in rows().unwrap() {
            let other = seen.insert((actor, method.number), &method.name);
            assert_eq!(other, None, "{actor} {}, number {}", method.name, method.number);
        }
    }

    #[test]
    fn the_table_shows_the_first_sentence_of_what_is_said() {
        let method = Method {
            name: "Mint".into(),
            number: 7,
            params: None,
            reply: Some(Type::Leaf(Leaf::U64)),
            payable: false,
            docs: "Mints Balances, once. Anyone may call it.".into(),
        };
        let row = Row { actor: "bank", method: Box::leak(Box::new(method)) };
        assert_eq!(row.cells(), ["bank", "Mint", "7", "()", "u64", "Mints Balances, once."]);
    }
}
