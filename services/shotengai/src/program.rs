//! Parts of this program: the platform, and the roles that an application adds.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use shotengai_contracts::api::Interface;
use shotengai_contracts::topology::Installation;

use crate::added::{Added, Addition};
use crate::roles;

/// Known before the command line is read, whose help and parsers list roles and settings; the same ever after.
static PROGRAM: OnceLock<Program> = OnceLock::new();

/// Parts of a program.
#[derive(Default)]
pub(crate) struct Program {
    pub(crate) added: Vec<Added>,
    pub(crate) installation: Installation,
    pub(crate) interface: Interface,
}

impl Program {
    /// The platform and these roles.
    ///
    /// # Errors
    /// When they can't be installed together.
    pub(crate) fn with(additions: &[Addition]) -> anyhow::Result<Self> {
        let topologies: Vec<_> = additions.iter().map(|role| role.topology).collect();
        let installation = Installation::with(&topologies)?;
        let routes = additions.iter().flat_map(|role| role.routes.iter().copied());
        let interface = Interface::with(routes, &installation)?;
        let added: Vec<_> = additions.iter().copied().map(Added::new).collect();
        let mut names: BTreeSet<_> = roles::platform_setting_names().collect();
        for name in added.iter().flat_map(Added::setting_names) {
            anyhow::ensure!(names.insert(name.clone()), "the setting {name} is declared twice");
        }
        Ok(Self { added, installation, interface })
    }

    /// Makes it this process's.
    ///
    /// # Errors
    /// When another one is already.
    pub(crate) fn run_here(self) -> anyhow::Result<()> {
        PROGRAM.set(self).map_err(|_| anyhow::anyhow!("a process runs one program"))
    }
}

/// This program: the platform alone, where nobody said otherwise.
pub(crate) fn program() -> &'static Program {
    PROGRAM.get_or_init(Program::default)
}

#[cfg(test)]
mod tests {
    use shotengai_contracts::api::{self, Endpoint};
    use shotengai_contracts::topology::{Service, Topology};
    use shotengai_runtime::{Context, Role, SettingsGroup};
    use shotengai_tally::TallyArgs;

    use super::*;
    use crate::added::AddedRole;

    /// Adds a role with what it brings and answers.
    macro_rules! adds {
        ($name:ident, $service:expr, $routes:expr, $args:ty) => {
            struct $name;

            impl AddedRole for $name {
                const TOPOLOGY: Topology = Topology { services: &[$service], ..Topology::EMPTY };
                const ROUTES: &'static [&'static dyn Endpoint] = $routes;
                type Args = $args;

                fn build(context: &Context, _: &<$args as SettingsGroup>::Settings) -> anyhow::Result<Role> {
                    Ok(Role::new(context.deps($service)))
                }
            }
        };
    }

    fn refused<R: AddedRole>() -> String {
        Program::with(&[Addition::of::<R>()]).err().unwrap().to_string()
    }

    #[test]
    fn what_can_not_run_together_is_refused_before_anything_starts() {
        adds!(Again, Service::TALLY, &[], ());
        adds!(Thief, Service::new("thief"), &[&api::TALLY], ());
        adds!(Echo, Service::new("echo"), &[], TallyArgs);
        assert_eq!(refused::<Again>(), "the service tally is named twice");
        assert_eq!(refused::<Thief>(), "the route getTally is declared twice");
        assert_eq!(refused::<Echo>(), "the setting TALLY_POLL_MS is declared twice");
    }
}
