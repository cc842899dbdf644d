//! The methods of every actor, out of the tables that the actors are built with.

use anyhow::Result;
use clap::Args;
use clap::builder::PossibleValuesParser;
use serde_json::json;
use shared::ext::loan_agent;
use shared::method::Listed;
use shared::token;

use crate::table;

#[derive(Args)]
pub struct Options {
    /// This actor's alone.
    #[arg(value_parser = PossibleValuesParser::new(ACTORS.map(|(name, _)| name)))]
    actor: Option<String>,
    /// Print JSON, with all that is said of each method.
    #[arg(long)]
    json: bool,
}

/// An actor has the methods of one table or of several.
const ACTORS: [(&str, &[&[Listed]]); 5] = [
    ("init", &[actor_init::api::METHODS]),
    ("datadao", &[actor_datadao::api::METHODS, token::METHODS]),
    ("perpetual-storage", &[actor_perpetual_storage::api::METHODS]),
    ("lending-market", &[actor_lending_market::api::METHODS, token::METHODS]),
    ("loan-agent", &[loan_agent::METHODS, actor_loan_agent::api::METHODS]),
];

/// A method of an actor.
struct Row {
    actor: &'static str,
    method: Listed,
}

pub fn command(options: &Options) -> Result<()> {
    let asked = |row: &Row| options.actor.as_ref().is_none_or(|actor| actor == row.actor);
    let rows: Vec<_> = rows().into_iter().filter(asked).collect();
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
fn rows() -> Vec<Row> {
    let of = |(actor, tables): (&'static str, &'static [&'static [Listed]])| {
        tables.iter().copied().flatten().map(move |method| Row { actor, method: *method })
    };
    ACTORS.into_iter().flat_map(of).collect()
}

impl Row {
    fn json(&self) -> serde_json::Value {
        let Listed { name, number, params, reply, .. } = self.method;
        json!({
            "actor": self.actor, "method": name, "number": number,
            "params": params, "reply": reply, "docs": self.docs(),
        })
    }

    fn cells(&self) -> Vec<String> {
        let Listed { name, number, params, reply, .. } = self.method;
        let docs = self.docs();
        let first = docs.split_inclusive(". ").next().unwrap_or_default().trim_end();
        vec![
            self.actor.to_owned(),
            name.to_owned(),
            number.to_string(),
            params.to_owned(),
            reply.to_owned(),
            first.to_owned(),
        ]
    }

    /// The doc comment as plain text.
    fn docs(&self) -> String {
        let lines: Vec<_> = self.method.docs.iter().map(|line| line.trim()).collect();
        lines.join(" ").replace("[`", "").replace("`]", "").replace('`', "")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn no_two_methods_of_an_actor_share_a_number() {
        let mut seen = BTreeMap::new();
        for Row { actor, method } in rows() {
            let other = seen.insert((actor, method.number), method.name);
            assert_eq!(other, None, "{actor} {}, number {}", method.name, method.number);
        }
    }

    #[test]
    fn docs_are_plain_text_of_which_the_table_shows_the_first_sentence() {
        let docs = &[" Mints [`Balance`]s,", " `once`. Anyone may call it."];
        let method = Listed { name: "Mint", number: 7, params: "()", reply: "u64", docs };
        let row = Row { actor: "bank", method };
        assert_eq!(row.docs(), "Mints Balances, once. Anyone may call it.");
        assert_eq!(row.cells(), ["bank", "Mint", "7", "()", "u64", "Mints Balances, once."]);
    }
}
