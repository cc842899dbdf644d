//! The `fab` command.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use fab::{bench, build, commp, demo, gas, methods, underwrite, worker};

/// Builds, measures and demonstrates Filecoin actors.
#[derive(Parser)]
#[command(name = "fab", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compile every actor to WASM, check it against what the FVM accepts, and pack the bundle.
    Build,
    /// Run Clippy over the code that exists on WASM only.
    Lint,
    /// Run the blueprints end to end on the embedded FVM and tell the story.
    Demo,
    /// Measure the gas of every method and the size of every actor.
    Gas(gas::Options),
    /// Measure how fast the embedded network is on this machine.
    Bench,
    /// List the methods of every actor: number, parameters, reply, and what each does.
    Methods(methods::Options),
    /// Compute the piece CID and the padded piece size of a file.
    Commp(commp::Options),
    /// Keep a perpetual storage: watch a node, and have done what is due for the tips.
    Worker(Box<worker::Options>),
    /// Assess a miner for a loan, explain limit and rate, and sign the loan's specification.
    Underwrite(Box<underwrite::Options>),
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Build => build::command(),
        Command::Lint => build::lint(),
        Command::Demo => demo::command(),
        Command::Gas(options) => gas::command(&options),
        Command::Bench => bench::command(),
        Command::Methods(options) => methods::command(&options),
        Command::Commp(options) => commp::command(&options),
        Command::Worker(options) => worker::command(&options),
        Command::Underwrite(options) => underwrite::command(&options),
    }
}
