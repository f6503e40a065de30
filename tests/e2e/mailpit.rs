//! The inbox of `shotengai dev`: the built-in one, and Mailpit where that is installed. An order's mails are read alike.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use shotengai_runtime::direct_http;
use shotengai_street::locate_mailpit;
use shotengai_tests::dev::{DevPlace, alive};
use shotengai_tests::local::workspace;
use shotengai_tests::shop::{Shop, text};
use shotengai_tests::wait::until;

const BUYER: &str = "dev@example.com";

async fn json(url: &str) -> Value {
    direct_http().build().unwrap().get(url).send().await.unwrap().json().await.unwrap()
}

/// Opens a street that finds these programs, buys something in it, and reads the mails about it.
async fn buys_and_reads(path: &str, says: &str) {
    let place = DevPlace::new();
    let mut dev = place.open_with(&[("PATH", path)]).await;
    let said = dev.output();
    assert!(said.contains(&format!("{says} on :{}", place.inbox)), "{said}");
    let shop = Shop::new(format!("http://127.0.0.1:{}", place.http), String::new());
    let guest = shop.guest(Some(BUYER), "en").await;
    let order = text(&shop.order(&guest, &[("prod_kinoko", 2)]).await.expect(202), "order_id");
    shop.until_status(&guest, &order, "paid").await;

    let api = format!("http://127.0.0.1:{}/api/v1", place.inbox);
    let found = until("both mails are in the inbox", Duration::from_secs(20), || async {
        let found = json(&format!("{api}/search?query=to:{BUYER}")).await;
        if found["messages_count"] == 2 { Ok(found) } else { Err(found) }
    })
    .await;
    for (kind, needs) in [("received", "¥400"), ("receipt", "¥400")] {
        let by_id = json(&format!("{api}/search?query=message-id:{order}.{kind}@shotengai")).await;
        assert_eq!(by_id["messages_count"], 1, "{kind}: {by_id}\n{found}");
        let mail = json(&format!("{api}/message/{}", text(&by_id["messages"][0], "ID"))).await;
        assert_eq!(mail["To"][0]["Address"], BUYER, "{mail}");
        for part in ["Text", "HTML"] {
            let shown = mail[part].as_str().unwrap();
            assert!(shown.contains(&order) && shown.contains(needs), "{kind}: {part}: {shown}");
        }
    }

    let tree = dev.tree();
    dev.signal("INT").await;
    assert_eq!(dev.ended().await.code(), Some(0), "{}", dev.output());
    assert_eq!(alive(&tree), [0; 0], "processes");
    assert_eq!(place.taken(), [0; 0], "ports");
}

/// The `PATH` with this folder in front, and without any other that has Mailpit.
fn path(front: Option<&Path>) -> String {
    let path = std::env::var_os("PATH").unwrap();
    let rest = std::env::split_paths(&path).filter(|folder| !folder.join("mailpit").exists());
    let folders = front.map(Path::to_path_buf).into_iter().chain(rest);
    std::env::join_paths(folders).unwrap().into_string().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_orders_mails_are_read_alike_in_the_built_in_inbox_and_in_mailpit() {
    buys_and_reads(&path(None), "built-in").await;
    match locate_mailpit(&workspace()) {
        Some(mailpit) => buys_and_reads(&path(mailpit.parent()), "Mailpit").await,
        // Past what the test runner keeps to itself of tests that pass.
        None => {
            writeln!(std::io::stderr(), "Mailpit is not installed (`make mailpit`): only the built-in inbox was asked")
                .unwrap()
        }
    }
}
