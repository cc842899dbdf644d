//! Checks a module against what the FVM's engine accepts, so that a compiler that starts to use a
//! newer WASM feature is caught at build time and not as a fatal error on chain.

use anyhow::{Context, Result, bail};
use wasmparser::{
    ExternalKind, FunctionBody, Operator, Parser, Payload, TypeRef, Validator, WasmFeatures,
};

/// The features that the FVM's engine and its instrumentation support.
const FEATURES: WasmFeatures = WasmFeatures::FLOATS
    .union(WasmFeatures::MUTABLE_GLOBAL)
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::GC_TYPES);

/// The system calls that the FVM links, by module.
const SYSCALLS: [(&str, &[&str]); 11] = [
    (
        "actor",
        &[
            "resolve_address",
            "lookup_delegated_address",
            "get_actor_code_cid",
            "next_actor_address",
            "create_actor",
            "get_builtin_actor_type",
            "get_code_cid_for_type",
            "balance_of",
        ],
    ),
    (
        "crypto",
        &[
            "verify_signature",
            "verify_bls_aggregate",
            "recover_secp_public_key",
            "hash",
            "compute_unsealed_sector_cid",
            "verify_post",
            "verify_consensus_fault",
            "verify_aggregate_seals",
            "verify_replica_update",
            "batch_verify_seals",
        ],
    ),
    ("debug", &["log", "enabled", "store_artifact"]),
    ("event", &["emit_event"]),
    ("gas", &["charge", "available"]),
    ("ipld", &["block_open", "block_create", "block_read", "block_stat", "block_link"]),
    ("network", &["context", "tipset_cid", "total_fil_circ_supply"]),
    ("rand", &["get_chain_randomness", "get_beacon_randomness"]),
    ("self", &["root", "set_root", "current_balance", "self_destruct"]),
    ("send", &["send"]),
    ("vm", &["exit", "message_context"]),
];

/// Checks that the module is valid, imports only system calls, and exports `invoke`, its memory and no other
/// function: the FVM would call `upgrade` to give an actor other code.
pub fn validate(module: &[u8]) -> Result<()> {
    Validator::new_with_features(FEATURES)
        .validate_all(module)
        .context("the FVM would refuse this module")?;
    let (mut invoke, mut memory) = (false, false);
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports {
                    let import = import?;
                    let known = SYSCALLS.iter().any(|(module, names)| {
                        *module == import.module && names.contains(&import.name)
                    });
                    if !known || !matches!(import.ty, TypeRef::Func(_)) {
                        bail!(
                            "imports {}.{}, which the FVM does not have",
                            import.module,
                            import.name
                        );
                    }
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    invoke |= export.name == "invoke" && export.kind == ExternalKind::Func;
                    memory |= export.name == "memory" && export.kind == ExternalKind::Memory;
                    if export.kind == ExternalKind::Func && export.name != "invoke" {
                        bail!("exports the function `{}`, beside `invoke`", export.name);
                    }
                }
            }
            Payload::CodeSectionEntry(body) => meterable(&body)?,
            _ => {}
        }
    }
    if !invoke || !memory {
        bail!("does not export `invoke` and `memory`: is shared::dispatch! missing?");
    }
    Ok(())
}

/// Refuses what the FVM puts no price on, and so does not install: an instruction priced by its length whose
/// length is a constant of 2^31 or more. Link-time optimisation can leave one in code that is never reached.
fn meterable(body: &FunctionBody<'_>) -> Result<()> {
    let mut too_long = None;
    for operator in body.get_operators_reader()? {
        let operator = operator?;
        let by_length = matches!(
            operator,
            Operator::MemoryGrow { .. }
                | Operator::MemoryFill { .. }
                | Operator::MemoryCopy { .. }
                | Operator::MemoryInit { .. }
                | Operator::TableInit { .. }
                | Operator::TableCopy { .. }
        );
        if let Some(length) = too_long.filter(|_| by_length) {
            bail!(
                "{operator:?} of {length}: the FVM installs no module with a constant length of 2^31 or \
                 more, even where it is never reached. The optimiser leaves one where it sees \
                 that a value cannot exist, such as an error that nothing makes"
            );
        }
        too_long = match operator {
            Operator::I32Const { value } if value < 0 => Some(value.cast_unsigned()),
            _ => None,
        };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module header and one section after another.
    fn module(sections: &[(u8, &[u8])]) -> Vec<u8> {
        let mut bytes = b"\0asm\x01\0\0\0".to_vec();
        for (id, body) in sections {
            bytes.push(*id);
            bytes.push(u8::try_from(body.len()).unwrap());
            bytes.extend_from_slice(body);
        }
        bytes
    }

    const INVOKE: (u8, &[u8]) = (1, &[1, 0x60, 1, 0x7f, 1, 0x7f]);
    const FUNCTION: (u8, &[u8]) = (3, &[1, 0]);
    const MEMORY: (u8, &[u8]) = (5, &[1, 0, 1]);
    const EXPORTS: (u8, &[u8]) = (7, b"\x02\x06invoke\x00\x00\x06memory\x02\x00");
    const CODE: (u8, &[u8]) = (10, &[1, 4, 0, 0x41, 0, 0x0b]);

    #[test]
    fn a_plain_actor_is_accepted_and_garbage_is_not() {
        validate(&module(&[INVOKE, FUNCTION, MEMORY, EXPORTS, CODE])).unwrap();
        assert!(validate(b"garbage").is_err());
    }

    #[test]
    fn an_actor_must_export_its_entry_point() {
        let error = validate(&module(&[INVOKE, FUNCTION, MEMORY, CODE])).unwrap_err();
        assert!(error.to_string().contains("does not export"), "{error}");
    }

    #[test]
    fn an_actor_exports_no_function_but_its_entry_point() {
        let exports = b"\x03\x06invoke\x00\x00\x06memory\x02\x00\x07upgrade\x00\x00";
        let sections = [INVOKE, FUNCTION, MEMORY, (7, exports.as_slice()), CODE];
        let error = validate(&module(&sections)).unwrap_err();
        assert!(error.to_string().contains("exports the function `upgrade`"), "{error}");
    }

    #[test]
    fn an_actor_imports_nothing_but_system_calls() {
        for (import, name) in [
            (b"\x01\x03env\x03log\x00\x00".as_slice(), "env.log"),
            (b"\x01\x04ipld\x04nope\x00\x00".as_slice(), "ipld.nope"),
        ] {
            let error = validate(&module(&[INVOKE, (2, import)])).unwrap_err();
            assert!(error.to_string().contains(&format!("imports {name}")), "{error}");
        }
    }

    #[test]
    fn a_constant_length_that_the_fvm_cannot_meter_is_refused() {
        // memory.fill at 0, with 0, of -1 bytes and of 1.
        let fill =
            |length| [1, 13, 0, 0x41, 0, 0x41, 0, 0x41, length, 0xfc, 0x0b, 0, 0x41, 0, 0x0b];
        let validate_fill =
            |length| validate(&module(&[INVOKE, FUNCTION, MEMORY, EXPORTS, (10, &fill(length))]));
        let error = validate_fill(0x7f).unwrap_err();
        assert!(error.to_string().contains("installs no module with a constant length"), "{error}");
        validate_fill(1).unwrap();
    }

    #[test]
    fn newer_wasm_features_are_refused() {
        let two_results = (1, [1, 0x60, 0, 2, 0x7f, 0x7f].as_slice());
        assert!(validate(&module(&[two_results])).is_err(), "multiple values");
        let funcref_table = (4, [2, 0x70, 0, 1, 0x70, 0, 1].as_slice());
        assert!(validate(&module(&[funcref_table])).is_err(), "two tables");
    }
}
