use secrecy::ExposeSecret;

use super::*;

const TOKEN: &str = "--internal-token=0123456789abcdef-secret";

#[test]
fn all_faults_of_all_concerns_are_named_at_once() {
    let flags = [
        "--aws-region=",
        "--publish=carrier-pigeon",
        "--currency=yen",
        "--http-addr=8080",
        "--drain-seconds=soon",
        "--internal-token=short",
        "--order-url=order:8080",
        "--consumer-max-attempts=50",
        "--leases=etcd",
        "--log-format=xml",
    ];
    let error = SharedArgs::from_flags(flags).unwrap_err();
    let wanted = [
        "AWS_REGION",
        "PUBLISH",
        "CURRENCY",
        "HTTP_ADDR",
        "DRAIN_SECONDS",
        "INTERNAL_TOKEN",
        "ORDER_URL",
        "CONSUMER_MAX_ATTEMPTS",
        "LEASES",
        "LOG_FORMAT",
    ];
    assert_eq!(error.names(), wanted, "{error}");
    assert_eq!(error.to_string().lines().count(), flags.len(), "one line each: {error}");
}

#[test]
fn secrets_print_nowhere() {
    let settings = SharedArgs::from_flags([TOKEN]).unwrap();
    assert!(!format!("{settings:?}").contains("0123456789abcdef"), "{settings:?}");
    assert!(TOKEN.ends_with(settings.auth.internal_token.expose_secret()));
    let args: SharedArgs = args_of([TOKEN]).unwrap();
    assert!(!format!("{args:?}").contains("0123456789abcdef"), "{args:?}");
    assert!(!format!("{:?}", Faults::default().take(parsed_secret())).contains("0123456789abcdef"));
}

fn parsed_secret() -> Given<SecretString> {
    Given { name: "SECRET".to_owned(), is_empty: false, value: text::secret("0123456789abcdef") }
}

#[test]
fn keys_are_looked_for_at_the_storefront_unless_told_otherwise() {
    let settings = SharedArgs::from_flags([TOKEN, "--storefront-url=http://storefront:8080/"]).unwrap();
    assert_eq!(settings.jwks_url(), "http://storefront:8080/.well-known/jwks.json");
    let settings = SharedArgs::from_flags([TOKEN, "--jwks-url=http://keys/jwks.json"]).unwrap();
    assert_eq!(settings.jwks_url(), "http://keys/jwks.json");
}

#[test]
fn what_nobody_says_is_as_for_a_process_of_this_machine() {
    let local = Settings::local("an internal token".into());
    let told = SharedArgs::from_flags([TOKEN]).unwrap();
    assert_eq!((&local.aws, local.publish, local.currency), (&told.aws, told.publish, told.currency));
    assert_eq!((&local.neighbours, &local.consumer), (&told.neighbours, &told.consumer));
    assert_eq!((told.consumer.max_attempts, told.http.drain_seconds), (40, 25));
    assert_eq!(told.http.addr.to_string(), "0.0.0.0:8080");
}
