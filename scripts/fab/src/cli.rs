//! The command line.

use anyhow::Result;
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::{Shell, generate};

use crate::voice::Voice;
use crate::{
    bench, build, bundle, commp, decode, demo, deploy, dev, devnet, encode, gas, inspect, invoke,
    methods, underwrite, worker,
};

/// Builds, measures and demonstrates Filecoin actors.
#[derive(Parser)]
#[command(name = "fab", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compile every actor to WASM, check it against what the FVM accepts, and pack the bundle.
    Build,
    /// Compile every actor again in a copy of the source elsewhere, and compare the codes.
    Reproduce,
    /// Merge the actors into an official bundle, for a Lotus devnet, and check that they run there.
    Bundle(bundle::Options),
    /// Run Clippy over the code that exists on WASM only.
    Lint,
    /// Put the actors on a network of Lotus, each exactly once: it can be run again after any failure.
    Deploy(Box<deploy::Options>),
    /// Run a node of one's own that speaks the JSON-RPC of Lotus, with the actors deployed.
    Devnet(Box<devnet::Options>),
    /// Run the blueprints end to end on the embedded FVM and tell the story.
    Demo,
    /// Measure the gas of every method and the size of every actor.
    Gas(gas::Options),
    /// Measure how fast the embedded network is on this machine.
    Bench,
    /// List the methods of every actor: number, parameters, reply, and what each does.
    Methods(methods::Options),
    /// Turn a method's parameters from JSON into what `lotus send` is told, checked by the actor's own
    /// decoder.
    Encode(encode::Options),
    /// Turn a method's reply, or its parameters, into JSON.
    Decode(decode::Options),
    /// Call a method of an actor on a node: parameters and reply as JSON, exit codes in words.
    Invoke(Box<invoke::Options>),
    /// Show an actor on a node: what it is, what it has, and its state as JSON.
    Inspect(inspect::Options),
    /// Have a dev node mine, let time pass, give FIL, make miners, go back, or act as somebody.
    Dev(dev::Options),
    /// Compute the piece CID and the padded piece size of a file.
    Commp(commp::Options),
    /// Keep a perpetual storage: watch a node, and have done what is due for the tips.
    Worker(Box<worker::Options>),
    /// Assess a miner for a loan, explain limit and rate, and sign the loan's specification.
    Underwrite(Box<underwrite::Options>),
    /// Print what a shell needs to complete `fab`: after `alias fab='cargo fab'`, in Bash,
    /// `source <(cargo fab completion bash)`.
    Completion {
        /// The shell that is to complete it.
        shell: Shell,
    },
}

impl Cli {
    /// Does what it says. Commands whose output other programs read have a voice; the others print.
    pub fn run(self, voice: &mut Voice<'_>) -> Result<()> {
        match self.command {
            Command::Build => build::command(),
            Command::Reproduce => build::reproduce(),
            Command::Bundle(options) => bundle::command(&options),
            Command::Lint => build::lint(),
            Command::Deploy(options) => deploy::command(&options),
            Command::Devnet(options) => devnet::command(&options),
            Command::Demo => demo::command(),
            Command::Gas(options) => gas::command(&options),
            Command::Bench => bench::command(),
            Command::Methods(options) => methods::command(&options),
            Command::Encode(options) => encode::command(&options, voice),
            Command::Decode(options) => decode::command(&options, voice),
            Command::Invoke(options) => invoke::command(&options, voice),
            Command::Inspect(options) => inspect::command(&options, voice),
            Command::Dev(options) => dev::command(&options, voice),
            Command::Commp(options) => commp::command(&options),
            Command::Worker(options) => worker::command(&options, voice),
            Command::Underwrite(options) => underwrite::command(&options, voice),
            Command::Completion { shell } => {
                generate(shell, &mut Cli::command(), "fab", &mut voice.out);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::ValueEnum;

    use super::*;
    use crate::voice::{Heard, listen};

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_shell_completes_every_command() {
        for shell in Shell::value_variants() {
            let cli = Cli::parse_from(["fab", "completion", &shell.to_string()]);
            let Heard { end, out, .. } = listen(|voice| cli.run(voice));
            end.unwrap();
            let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
            let words: BTreeSet<_> = out.split(|letter| !is_name(letter)).collect();
            for command in Cli::command().get_subcommands().map(clap::Command::get_name) {
                assert!(words.contains(command), "{shell}: {command}");
            }
        }
    }
}
