//! The tables of methods, of who handles them, and of errors.

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow};
use fvm_shared::MethodNum;
use multihash_codetable::{Code, MultihashDigest};
use proc_macro2::TokenStream;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Expr, Ident, Item, LitInt, LitStr, Pat, Path, Token, Type, bracketed, parenthesized,
};

use super::modules::{self, Module};
use super::types;
use crate::schema::Exit;

/// A row of `methods!`.
pub struct Row {
    pub attributes: Vec<Attribute>,
    pub name: String,
    /// The type that stands for it.
    pub ident: String,
    /// The constant that is its number, if that is not the hash of its name.
    pub number: Option<Vec<String>>,
    pub params: Type,
    pub reply: Type,
}

/// The rows of a module's `methods!`.
pub fn methods(module: &Module) -> Result<Vec<Row>> {
    let table: Rows<Row> = syn::parse2(table(&module.items, "methods")?)?;
    Ok(table.0)
}

/// The rows of a module's `errors!`; none where the actor has no codes of its own.
pub fn errors(module: &Module) -> Result<Vec<Exit>> {
    let Ok(tokens) = table(&module.items, "errors") else { return Ok(Vec::new()) };
    let table: Rows<ErrorRow> = syn::parse2(tokens)?;
    let mut exits: Vec<_> = table.0.into_iter().map(|row| row.0).collect();
    exits.sort_by_key(|exit| exit.code);
    Ok(exits)
}

/// The exit codes that a module has as constants `EX_…`.
pub fn exit_constants(module: &Module) -> Result<Vec<Exit>> {
    let constants = module.items.iter().filter_map(|item| match item {
        Item::Const(item) if item.ident.to_string().starts_with("EX_") => Some(item),
        _ => None,
    });
    let exit = |item: &syn::ItemConst| {
        let code = modules::integer(item).context("an exit code is written as an integer")?;
        let (name, text) = (item.ident.to_string(), types::docs(&item.attrs));
        Ok(Exit { code: code.try_into()?, name, text })
    };
    constants.map(exit).collect()
}

/// Whether each method that an actor's `dispatch!` has takes FIL, by the type that stands for it.
pub fn payable(items: &[Item]) -> Result<BTreeMap<String, bool>> {
    let table: Dispatch = syn::parse2(table(items, "dispatch")?)?;
    Ok(table.0)
}

/// The number of a method by its name (FRC-42).
pub fn hash(name: &str) -> Result<MethodNum> {
    struct Blake2b;

    impl frc42_dispatch::hasher::hash::Hasher for Blake2b {
        fn hash(&self, bytes: &[u8]) -> Vec<u8> {
            Code::Blake2b512.digest(bytes).digest().to_vec()
        }
    }

    let resolver = frc42_dispatch::hasher::hash::MethodResolver::new(Blake2b);
    resolver.method_number(name).map_err(|error| anyhow!("{name}: {error}"))
}

fn table(items: &[Item], name: &str) -> Result<TokenStream> {
    let mut macros = items.iter().filter_map(|item| match item {
        Item::Macro(item) => Some(&item.mac),
        _ => None,
    });
    let called = |path: &Path| path.segments.last().is_some_and(|last| last.ident == name);
    let table = macros.find(|table| called(&table.path));
    table.map(|table| table.tokens.clone()).with_context(|| format!("there is no table {name}!"))
}

/// Rows up to the end.
struct Rows<R>(Vec<R>);

impl<R: Parse> Parse for Rows<R> {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut rows = Vec::new();
        while !input.is_empty() {
            rows.push(input.parse()?);
        }
        Ok(Rows(rows))
    }
}

impl Parse for Row {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let name = input.parse::<LitStr>()?.value();
        let mut number = None;
        if input.parse::<Option<Token![=]>>()?.is_some() {
            let path: Path = input.parse()?;
            number = Some(path.segments.iter().map(|part| part.ident.to_string()).collect());
            input.parse::<Token![,]>()?;
        }
        let ident = input.parse::<Ident>()?.to_string();
        let params;
        parenthesized!(params in input);
        let params = params.parse()?;
        input.parse::<Token![->]>()?;
        let reply = input.parse()?;
        input.parse::<Token![;]>()?;
        Ok(Row { attributes, name, ident, number, params, reply })
    }
}

struct Dispatch(BTreeMap<String, bool>);

impl Parse for Dispatch {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut methods = BTreeMap::new();
        let all_payable = input.peek(Ident) && input.peek2(Token![;]);
        if all_payable {
            input.parse::<Ident>()?;
            input.parse::<Token![;]>()?;
        }
        while !input.is_empty() {
            let numbers = Pat::parse_multi(input)?;
            input.parse::<Token![=>]>()?;
            input.parse::<Expr>()?;
            input.parse::<Token![=>]>()?;
            let payable = input.peek(syn::token::Bracket);
            if payable {
                let mark;
                bracketed!(mark in input);
                mark.parse::<Ident>()?;
            }
            input.parse::<Path>()?;
            input.parse::<Option<Token![,]>>()?;
            let numbers = match numbers {
                Pat::Or(numbers) => numbers.cases.into_iter().collect(),
                number => vec![number],
            };
            for number in numbers {
                methods.insert(method_of(&number)?, payable || all_payable);
            }
        }
        Ok(Dispatch(methods))
    }
}

/// `Method::NUMBER` as `Method`.
fn method_of(number: &Pat) -> syn::Result<String> {
    let method = match number {
        Pat::Path(path) => path.path.segments.iter().rev().nth(1),
        _ => None,
    };
    let method = method.map(|segment| segment.ident.to_string());
    method.ok_or_else(|| syn::Error::new_spanned(number, "a method's number is Method::NUMBER"))
}

struct ErrorRow(Exit);

impl Parse for ErrorRow {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let code = input.parse::<LitInt>()?.base10_parse()?;
        input.parse::<Token![=>]>()?;
        let name = input.parse::<Ident>()?.to_string();
        if input.peek(syn::token::Paren) {
            let carries;
            parenthesized!(carries in input);
            Punctuated::<Type, Token![,]>::parse_terminated(&carries)?;
        }
        input.parse::<Token![:]>()?;
        let text = input.parse::<LitStr>()?.value();
        input.parse::<Token![,]>()?;
        Ok(ErrorRow(Exit { code, name, text }))
    }
}
