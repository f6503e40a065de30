use clap::Parser;
use secrecy::ExposeSecret;

use super::*;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    shared: SettingsArgs,
}

const TOKEN: &str = "0123456789abcdef-secret";

/// The settings these flags make in an environment of their own. Flags win over the process's environment, so that the
/// machine a test runs on decides nothing as long as a test names what it looks at.
fn settings(flags: &[&str], env: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    let flags = flags.iter().map(|flag| format!("--{flag}"));
    let command = Command::try_parse_from(std::iter::once("shotengai".to_owned()).chain(flags)).unwrap();
    command.shared.validate(|name| env.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
}

fn names(error: &SettingsError) -> Vec<&str> {
    error.faults.iter().map(|(name, _)| *name).collect()
}

#[test]
fn all_faults_are_named_at_once() {
    let flags = [
        "currency=yen",
        "publish=carrier-pigeon",
        "leases=etcd",
        "lease-namespace=My_Namespace",
        "http-addr=8080",
        "drain-seconds=soon",
        "consumer-max-attempts=50",
        "consumer-future-patience-seconds=-1",
        "consumer-max-backoff-seconds=1.5",
        "consumer-visibility-seconds=2",
        "request-read-seconds=0",
        "internal-token=short",
        "order-url=order:8080",
        "catalog-url=https://catalog",
        "inventory-url=//inventory",
        "query-url=query",
        "tally-url=ftp://tally",
        "database-url=nonsense",
        "jwt-signing-key=not a key",
        "log-format=xml",
    ];
    let error = settings(&flags, &[]).unwrap_err();
    for name in [
        "CURRENCY",
        "PUBLISH",
        "LEASES",
        "LEASE_NAMESPACE",
        "HTTP_ADDR",
        "DRAIN_SECONDS",
        "CONSUMER_MAX_ATTEMPTS",
        "CONSUMER_FUTURE_PATIENCE_SECONDS",
        "CONSUMER_MAX_BACKOFF_SECONDS",
        "CONSUMER_VISIBILITY_SECONDS",
        "REQUEST_READ_SECONDS",
        "INTERNAL_TOKEN",
        "ORDER_URL",
        "CATALOG_URL",
        "INVENTORY_URL",
        "QUERY_URL",
        "TALLY_URL",
        "DATABASE_URL",
        "JWT_SIGNING_KEY",
        "LOG_FORMAT",
    ] {
        assert!(names(&error).contains(&name), "{name} is missing in: {error}");
    }
    assert_eq!(names(&error).len(), flags.len(), "{error}");
}

#[test]
fn names_of_earlier_systems_are_refused_with_the_new_one() {
    let env = [("JWT_SECRET", "hunter2"), ("DYNAMODB_ENDPOINT", "http://localhost:8000")];
    let error = settings(&[&format!("internal-token={TOKEN}")], &env).unwrap_err();
    assert_eq!(names(&error), ["DYNAMODB_ENDPOINT", "JWT_SECRET"]);
    let text = error.to_string();
    assert!(text.contains("AWS_ENDPOINT_URL") && text.contains("JWT_SIGNING_KEY_FILE"), "{text}");
    assert!(!text.contains("hunter2"));
}

#[test]
fn secrets_print_nowhere() {
    let database = "database-url=postgres://shop:hunter2@localhost/shop";
    let settings = settings(&[&format!("internal-token={TOKEN}"), database], &[]).unwrap();
    let shown = format!("{settings:?}");
    assert!(!shown.contains("hunter2") && !shown.contains(TOKEN), "{shown}");
    assert_eq!(settings.internal_token.expose_secret(), TOKEN);

    // What is refused must not be quoted either.
    let flags = ["internal-token=hun ter2", "database-url=postgres://a:hunter2@[", "jwt-signing-key=hunter2"];
    let error = self::settings(&flags, &[]).unwrap_err();
    assert_eq!(names(&error), ["DATABASE_URL", "JWT_SIGNING_KEY", "INTERNAL_TOKEN"]);
    assert!(!error.to_string().contains("ter2"), "{error}");
}

#[test]
fn keys_are_looked_for_at_the_storefront_unless_told_otherwise() {
    let flags = [&format!("internal-token={TOKEN}"), "storefront-url=http://storefront:8080/"];
    let settings = settings(&flags, &[]).unwrap();
    assert_eq!(settings.jwks_url, "http://storefront:8080/.well-known/jwks.json");
}

#[test]
fn leases_go_into_the_pods_own_namespace_unless_another_is_named() {
    let base = format!("internal-token={TOKEN}");
    let of = |flags: &[&str], env: &[(&str, &str)]| {
        let flags: Vec<_> =
            [base.as_str(), "leases=kubernetes", "pod-name=bridge-x7k2p"].iter().chain(flags).copied().collect();
        settings(&flags, env).unwrap()
    };
    let pod = [("POD_NAMESPACE", "shop")];
    let named = of(&["lease-namespace=street"], &pod);
    assert_eq!((named.leases, named.lease_namespace.as_deref()), (LeaseStore::Kubernetes, Some("street")));
    assert_eq!(named.host.as_deref(), Some("bridge-x7k2p"));
    assert_eq!(of(&["lease-namespace="], &pod).lease_namespace.as_deref(), Some("shop"));
    assert_eq!(of(&["lease-namespace="], &[]).lease_namespace, None, "the cluster's configuration says which");
}
