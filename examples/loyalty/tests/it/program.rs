//! Description and checks of the program with loyalty in it, before anything is connected.

use std::process::Command;

use serde_json::{Value, json};

fn program(args: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shotengai-loyalty"));
    let output = command.args(args).env_clear().output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// The entries of a list whose `of` is this.
fn of<'a>(list: &'a Value, of: &str, this: &str) -> Vec<&'a Value> {
    list.as_array().unwrap().iter().filter(|entry| entry[of] == this).collect()
}

#[test]
fn describe_knows_the_service_with_its_queue_table_routes_and_settings() {
    let (code, out, err) = program(&["describe", "--output", "json"]);
    assert_eq!(code, Some(0), "{err}");
    let described: Value = serde_json::from_str(&out).unwrap();
    let topology = &described["topology"];
    assert_eq!(topology["services"].as_array().unwrap().len(), 12);
    let keys = json!([{ "service": "storefront", "purpose": "keys" }]);
    let loyalty =
        json!({ "name": "loyalty", "owns_events": false, "queues": ["loyalty-queue"], "calls": keys, "needs": [] });
    assert_eq!(of(&topology["services"], "name", "loyalty"), [&loyalty]);
    let queue = json!({
        "name": "loyalty-queue", "service": "loyalty", "consumer": "loyalty", "source": "topic",
        "events": ["OrderPaid", "OrderCancelled"], "dead_letters": "loyalty-dlq"
    });
    assert_eq!(of(&topology["queues"], "service", "loyalty"), [&queue]);
    let table = json!({ "name": "loyalty-points", "service": "loyalty", "kind": "rows", "expires": false });
    assert_eq!(of(&topology["tables"], "service", "loyalty"), [&table]);
    let forwards = &of(&topology["services"], "name", "storefront")[0]["calls"];
    assert_eq!(of(forwards, "service", "loyalty"), [&json!({ "service": "loyalty", "purpose": "forward" })]);
    let routes: Vec<_> = of(&described["routes"], "service", "loyalty");
    assert_eq!(
        routes,
        [
            &json!({
                "method": "GET", "path": "/loyalty/points", "name": "getPoints", "service": "loyalty",
                "caller": "customer"
            }),
            &json!({
                "method": "POST", "path": "/loyalty/points/{id}/adjustments", "name": "adjustPoints",
                "service": "loyalty", "caller": "administrator"
            })
        ]
    );
    assert_eq!(of(&described["settings"]["shared"], "name", "LOYALTY_URL").len(), 1);
    assert_eq!(described["settings"]["roles"]["loyalty"], json!([]));
}

#[test]
fn help_and_errors_name_the_role() {
    let (_, help, _) = program(&["serve", "--help"]);
    assert!(help.contains("loyalty") && help.contains("LOYALTY_URL"), "{help}");
    let (code, _, err) = program(&["serve", "lottery"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("loyalty"), "{err}");
    let (code, _, err) = program(&["serve", "loyalty", "--loyalty-url", "ftp://loyalty"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("LOYALTY_URL: must") && err.contains("INTERNAL_TOKEN: "), "{err}");
}

#[test]
fn a_shell_completes_the_program_by_its_own_name() {
    let (_, script, _) = program(&["completions", "bash"]);
    assert!(script.contains(" -o default shotengai-loyalty\n"), "{script}");
}
