//! What a deployment does, message by message.

use actor_datadao::api::{self as datadao, GrantRole, Role, RoleParams};
use actor_lending_market::api::{
    self as market, GetUnderwriter, Limits, SetUnderwriter, SetUnderwriterParams,
};
use anyhow::{Context, Result};
use cid::Cid;
use fvm_harness::Call;
use fvm_ipld_encoding::RawBytes;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::MethodNum;
use fvm_shared::address::Address;
use shared::Method;
use shared::ext::INIT_ACTOR;
use shared::ext::init::{EXEC, ExecParams};

use super::config::{Kind, Params};
use crate::node::{Node, Trouble};

pub const INIT: Address = Address::new_id(INIT_ACTOR);
/// Init's method by which a network of the M2 kind takes code.
pub const INSTALL: MethodNum = 4;
/// Roles of a DAO that somebody must have for it to work: whoever created it, until it grants others.
const ROLES: [Role; 4] = [Role::Curator, Role::Minter, Role::Guardian, Role::Arbiter];

/// Parameters of Init's method 4.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct InstallParams {
    pub code: RawBytes,
}

/// Its reply.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct InstallReturn {
    pub code_cid: Cid,
    /// Whether the network did not have it before.
    pub installed: bool,
}

/// Code of this build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// The actor's name in the manifest.
    pub name: &'static str,
    pub cid: Cid,
    /// WASM.
    pub module: Vec<u8>,
}

/// One message of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The actor that it is about, by its name in the manifest.
    pub actor: &'static str,
    pub work: Work,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    Install {
        code: Cid,
        module: Vec<u8>,
    },
    Create {
        code: Cid,
        params: RawBytes,
    },
    /// Of the DAO.
    Grant {
        role: Role,
        to: Address,
    },
    /// Of the market.
    Appoint {
        underwriter: Address,
        limits: Limits,
    },
}

/// Who does what after the actors are there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wiring {
    /// To whom the deployer grants the DAO's roles, if it is the DAO's admin.
    pub roles: Option<Address>,
    pub underwriter: Option<(Address, Limits)>,
}

/// The messages that deploy these actors, in their order.
pub fn plan(
    kinds: &[Kind],
    params: &Params,
    codes: &[Code],
    missing: &[Code],
    wiring: &Wiring,
) -> Result<Vec<Step>> {
    let mut steps: Vec<_> = missing
        .iter()
        .map(|code| {
            let work = Work::Install { code: code.cid, module: code.module.clone() };
            Step { actor: code.name, work }
        })
        .collect();
    for kind in kinds {
        let code = codes.iter().find(|code| code.name == kind.name());
        let code = code.with_context(|| format!("the bundle has no actor {}", kind.name()))?.cid;
        let work = Work::Create { code, params: params.of(*kind)? };
        steps.push(Step { actor: kind.name(), work });
    }
    let (dao, market) = (Kind::DataDao, Kind::LendingMarket);
    if let Some(to) = wiring.roles.filter(|_| kinds.contains(&dao)) {
        let grant = |role| Step { actor: dao.name(), work: Work::Grant { role, to } };
        steps.extend(ROLES.map(grant));
    }
    let appointed = wiring.underwriter.clone().filter(|_| kinds.contains(&market));
    if let Some((underwriter, limits)) = appointed {
        steps.push(Step { actor: market.name(), work: Work::Appoint { underwriter, limits } });
    }
    Ok(steps)
}

impl Step {
    /// What it is called in the record and on screen.
    #[must_use]
    pub fn name(&self) -> String {
        let actor = self.actor;
        match &self.work {
            Work::Install { .. } => format!("install {actor}"),
            Work::Create { .. } => format!("create {actor}"),
            Work::Grant { role, .. } => format!("{actor}: grant {role:?}"),
            Work::Appoint { .. } => format!("{actor}: set underwriter"),
        }
    }

    /// The call of its message; `None` while the actor that it is for is not there.
    #[must_use]
    pub fn call(&self, from: Address, actor: Option<Address>) -> Option<Call> {
        let init = Call::new(from, INIT);
        Some(match &self.work {
            Work::Install { module, .. } => {
                let code = RawBytes::new(module.clone());
                init.method(INSTALL, &InstallParams { code })
            }
            Work::Create { code, params } => {
                let constructor_params = params.clone();
                init.method(EXEC, &ExecParams { code_cid: *code, constructor_params })
            }
            Work::Grant { role, to } => {
                let params = RoleParams { role: *role, account: *to };
                Call::new(from, actor?).method(GrantRole::NUMBER, &params)
            }
            Work::Appoint { underwriter, limits } => {
                let params =
                    SetUnderwriterParams { underwriter: *underwriter, limits: limits.clone() };
                Call::new(from, actor?).method(SetUnderwriter::NUMBER, &params)
            }
        })
    }

    /// Whether the actor has what a call to it is to bring about.
    pub fn holds(
        &self,
        node: &mut impl Node,
        from: Address,
        actor: Option<Address>,
    ) -> Result<bool, Trouble> {
        let Some(actor) = actor else { return Ok(false) };
        match &self.work {
            Work::Install { .. } | Work::Create { .. } => Ok(false),
            Work::Grant { role, to } => {
                let roles = view::<datadao::GetRoles>(node, from, actor, to)?;
                Ok(roles.contains(role))
            }
            Work::Appoint { underwriter, limits } => {
                let appointed = view::<GetUnderwriter>(node, from, actor, underwriter)?;
                Ok(appointed.limits == *limits)
            }
        }
    }
}

/// The code that a market creates its agents with.
pub fn agent_code(node: &mut impl Node, from: Address, actor: Address) -> Result<Cid, Trouble> {
    Ok(view::<market::GetRules>(node, from, actor, &())?.agent_code.0)
}

fn view<M: Method>(
    node: &mut impl Node,
    from: Address,
    to: Address,
    params: &M::Params,
) -> Result<M::Return, Trouble> {
    let call = Call::new(from, to).method(M::NUMBER, params);
    let asked = node.dry_run(&call)?.reply();
    asked.map_err(|trouble| Trouble::Refused(format!("{} of {to}: {trouble}", M::NAME)))
}
