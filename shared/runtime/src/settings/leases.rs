//! Leases, by which processes share the shards of a stream: where they are kept.

use super::{Faults, Given, SettingsGroup, one_of, parsed, text};

/// Where leases are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LeaseStore {
    /// As rows of the table `checkpoints`
    Table,
    /// As Lease objects of the cluster
    Kubernetes,
}

/// Leases, on the way in.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Leases")]
pub struct LeaseArgs {
    /// Where processes keep the leases by which they share shards: table (DynamoDB) or kubernetes (Lease objects)
    #[arg(long, env = "LEASES", default_value = "table", value_name = "STORE", value_parser = one_of::<LeaseStore>())]
    leases: Given<LeaseStore>,
    /// Namespace of those Lease objects; default: POD_NAMESPACE, else the service account's or the kubeconfig's
    #[arg(long, env = "LEASE_NAMESPACE", value_name = "NAME", value_parser = parsed(namespace))]
    lease_namespace: Option<Given<String>>,
    /// Where that default comes from; set by the cluster
    #[arg(long, env = "POD_NAMESPACE", value_name = "NAME", value_parser = parsed(text::filled))]
    pod_namespace: Option<Given<String>>,
    /// Name under which leases show who holds them; default: this host's name
    #[arg(long, env = "POD_NAME", value_name = "NAME", value_parser = parsed(text::filled))]
    pod_name: Option<Given<String>>,
    /// Which pod of that name this is, so that the cluster deletes its Lease objects with it; set by the cluster
    #[arg(long, env = "POD_UID", value_name = "UID", value_parser = parsed(text::filled))]
    pod_uid: Option<Given<String>>,
}

/// Leases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseSettings {
    /// Where they are kept.
    pub store: LeaseStore,
    /// The namespace of Lease objects; `None` is the one that the cluster's configuration names.
    pub namespace: Option<String>,
    /// Where this process runs, as others should see it: the pod's name or the host's.
    pub host: Option<String>,
    /// The pod that this process is, where it may own Lease objects: those of another namespace would be deleted at once.
    pub pod: Option<PodIdentity>,
}

/// A pod, as owner of what it makes in its namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodIdentity {
    /// Its name.
    pub name: String,
    /// Its uid, which no other pod of that name has.
    pub uid: String,
}

impl SettingsGroup for LeaseArgs {
    type Settings = LeaseSettings;

    fn check(self, faults: &mut Faults) -> Option<LeaseSettings> {
        let store = faults.take(self.leases);
        let namespace = faults.optional(self.lease_namespace);
        let pod_namespace = faults.optional(self.pod_namespace);
        let pod_name = faults.optional(self.pod_name);
        let uid = faults.optional(self.pod_uid);
        let namespace = namespace.or_else(|| pod_namespace.clone());
        let is_its_own = pod_namespace.is_some() && namespace == pod_namespace;
        let pod = pod_name.clone().zip(uid).filter(|_| is_its_own).map(|(name, uid)| PodIdentity { name, uid });
        Some(LeaseSettings { store: store?, namespace, host: pod_name.or_else(host), pod })
    }
}

/// What the kernel calls this host; in a pod, the pod's name.
fn host() -> Option<String> {
    text::filled(&std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?).ok()
}

/// As Kubernetes names one: an RFC 1123 label.
fn namespace(text: &str) -> Result<String, String> {
    let text = text.trim();
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (1..=63).contains(&text.len()) && text.chars().all(good) && !text.starts_with('-') && !text.ends_with('-') {
        return Ok(text.to_owned());
    }
    Err("must have 1 to 63 lower-case letters, digits or '-', and none of these at its ends".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leases_go_into_the_pods_own_namespace_unless_another_is_named() {
        let of = |flags: &[&str]| LeaseArgs::from_flags(["--leases=kubernetes"].iter().chain(flags)).unwrap();
        let named = of(&["--lease-namespace=street", "--pod-namespace=shop"]);
        assert_eq!((named.store, named.namespace.as_deref()), (LeaseStore::Kubernetes, Some("street")));
        let empty = of(&["--lease-namespace=", "--pod-namespace=shop"]);
        assert_eq!(empty.namespace.as_deref(), Some("shop"));
        assert_eq!(of(&["--pod-name=bridge-x7k2p"]).host.as_deref(), Some("bridge-x7k2p"));
        assert_eq!(of(&["--lease-namespace="]).namespace, None, "the cluster's configuration says which");
    }

    #[test]
    fn a_pod_owns_leases_of_its_own_namespace_alone() {
        let pod = |flags: &[&str]| LeaseArgs::from_flags(flags).unwrap().pod;
        let whole = ["--pod-name=bridge-0", "--pod-uid=5d2c", "--pod-namespace=shop"];
        let it = PodIdentity { name: "bridge-0".to_owned(), uid: "5d2c".to_owned() };
        assert_eq!(pod(&whole), Some(it.clone()));
        assert_eq!(pod(&[&whole[..], &["--lease-namespace=shop"]].concat()), Some(it));
        assert_eq!(
            pod(&[&whole[..], &["--lease-namespace=leases"]].concat()),
            None,
            "owners are of the same namespace"
        );
        for missing in 0..whole.len() {
            let mut flags = whole.to_vec();
            flags.remove(missing);
            assert_eq!(pod(&flags), None, "{flags:?}");
        }
    }

    #[test]
    fn a_store_and_a_namespace_that_can_not_be_are_refused_together() {
        let error = LeaseArgs::from_flags(["--leases=etcd", "--lease-namespace=My_Namespace"]).unwrap_err();
        assert_eq!(error.names(), ["LEASES", "LEASE_NAMESPACE"]);
        assert!(error.to_string().contains("must be table or kubernetes"), "{error}");
    }
}
