//! Checks a module against what the FVM's engine accepts, so that a compiler that starts to use a
//! newer WASM feature is caught at build time and not as a fatal error on chain.

use anyhow::{Context, Result, bail};
use wasmparser::{ExternalKind, Parser, Payload, TypeRef, Validator, WasmFeatures};

/// The features that the FVM's engine and its instrumentation support.
const FEATURES: WasmFeatures = WasmFeatures::FLOATS
    .union(WasmFeatures::MUTABLE_GLOBAL)
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::GC_TYPES);

/// The modules of system calls.
const SYSCALLS: &[&str] =
    &["actor", "crypto", "debug", "event", "gas", "ipld", "network", "rand", "self", "send", "vm"];

/// Checks that the module is valid, imports only system calls and exports `invoke` and its memory.
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
                    let known = SYSCALLS.contains(&import.module);
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
                }
            }
            _ => {}
        }
    }
    if !invoke || !memory {
        bail!("does not export `invoke` and `memory`: is shared::dispatch! missing?");
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
    fn an_actor_imports_nothing_but_system_calls() {
        let foreign = (2, b"\x01\x03env\x03log\x00\x00".as_slice());
        let error = validate(&module(&[INVOKE, foreign])).unwrap_err();
        assert!(error.to_string().contains("imports env.log"), "{error}");
    }

    #[test]
    fn newer_wasm_features_are_refused() {
        let two_results = (1, [1, 0x60, 0, 2, 0x7f, 0x7f].as_slice());
        assert!(validate(&module(&[two_results])).is_err(), "multiple values");
        let funcref_table = (4, [2, 0x70, 0, 1, 0x70, 0, 1].as_slice());
        assert!(validate(&module(&[funcref_table])).is_err(), "two tables");
    }
}
