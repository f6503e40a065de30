//! An account that is erased leaves nothing of the person behind.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use shotengai_contracts::topology::queues;
use shotengai_tests::everything::{everything, keep_copies, places_of};
use shotengai_tests::shop::text;
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::wait::until;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

const EMAIL: &str = "planted.person.7391@example.com";
const NAME: &str = "Planted Person 7391";
const PASSWORD: &str = "planted password 7391";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_erasure_no_byte_of_the_person_is_found_in_any_table_stream_queue_database_or_log() {
    let cluster = TestCluster::provisioned().await;
    keep_copies(&cluster).await;
    let process =
        cluster.serve("all", &[("LOG", "info,shotengai_storefront=debug,shotengai_notification=debug")]).await;
    let shop = cluster.shop(&process);
    let kinoko = shop.product(&shop.admin().await, "prod_kinoko", "きのこの山", 200, 10).await;
    let account = json!({ "email": EMAIL, "password": PASSWORD, "name": NAME, "language": "en" });
    let credentials = json!({ "email": EMAIL, "password": PASSWORD });
    for _ in 0..2 {
        let _ = shop.post("/auth/register", None, &account).await.expect(202);
    }
    let _ = shop
        .post("/auth/login", None, &json!({ "email": EMAIL, "password": format!("{PASSWORD}!") }))
        .await
        .expect(401);
    let person = shop.sign_in(EMAIL, PASSWORD).await;
    let piece = json!({ "product_id": kinoko, "quantity": 1 });
    let cart = shop.post("/cart/items", Some(&person), &piece).await.expect(200);
    let order = text(&shop.order(&person, &[(&kinoko, 2)]).await.expect(202), "order_id");
    shop.until_status(&person, &order, "paid").await;
    let mail = cluster.mail(&order, "receipt").await;
    assert!(mail.text.contains(NAME), "{}", mail.text);

    let carts = format!("/carts?min_version={}:{}", text(&cart, "cart_id"), cart["version"]);
    let _ = shop.get(&carts, Some(&shop.admin().await)).await.expect(200);

    let before = everything(&cluster, &process).await;
    assert_eq!(places_of(&before, EMAIL), ["the table users"], "the search finds it where it is");
    assert_eq!(places_of(&before, NAME), ["the table users"]);
    let of_the_id = places_of(&before, &person.user_id);
    for place in [
        "the stream",
        "the queue copies-queue",
        "the database's public.read_orders",
        "the database's public.read_carts",
    ] {
        assert!(of_the_id.iter().any(|found| found == place), "the id is all over: {of_the_id:?}");
    }

    let path = format!("/customers/{}", person.user_id);
    let _ = shop.send(Method::DELETE, &path, Some(&person), &[], None).await.unwrap().expect(204);
    let _ = shop.get("/auth/me", Some(&person)).await.expect(404);
    let _ = shop.post("/auth/login", None, &credentials).await.expect(401);
    // An order goes on without the person: it is shipped, and nobody is mailed.
    let admin = shop.admin().await;
    shop.post(&format!("/orders/{order}/ship"), Some(&admin), &json!({})).await;
    shop.until_status(&admin, &order, "shipped").await;
    until("the last mail finds nobody", Duration::from_secs(60), || async {
        let log = process.log();
        if log.contains("nobody to write to") { Ok(()) } else { Err("not yet") }
    })
    .await;

    let after = everything(&cluster, &process).await;
    assert_eq!(after.len(), before.len(), "the same places");
    for planted in [EMAIL, NAME, PASSWORD, "planted"] {
        assert_eq!(places_of(&after, planted), [""; 0], "{planted}");
    }
    cluster.assert_tidy().await;
}

/// Takes every mail as far as its recipient, and refuses that by name.
async fn relay_that_refuses_by_name() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(refuse(stream));
        }
    });
    url
}

async fn refuse(stream: TcpStream) -> std::io::Result<()> {
    let (input, mut output) = stream.into_split();
    let mut lines = BufReader::new(input).lines();
    output.write_all(b"220 relay.example ESMTP\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let answer = match line.split_once(':') {
            Some((command, whom)) if command.eq_ignore_ascii_case("RCPT TO") => {
                format!("550 5.1.1 {whom}: {EMAIL} is not known here\r\n")
            }
            _ if line.eq_ignore_ascii_case("QUIT") => return output.write_all(b"221 2.0.0 bye\r\n").await,
            _ => "250 2.0.0 ok\r\n".to_owned(),
        };
        output.write_all(answer.as_bytes()).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whom_a_relay_refuses_by_name_is_named_in_no_letter_and_no_log() {
    let cluster = TestCluster::provisioned().await;
    let relay = relay_that_refuses_by_name().await;
    let settings = [("LOG", "info,shotengai_notification=debug"), ("SMTP_URL", relay.as_str())];
    let process = cluster.serve("all", &settings).await;
    let shop = cluster.shop(&process);
    let kinoko = shop.product(&shop.admin().await, "prod_kinoko", "きのこの山", 200, 10).await;
    let account = json!({ "email": EMAIL, "password": PASSWORD, "name": NAME, "language": "en" });
    let _ = shop.post("/auth/register", None, &account).await.expect(202);
    let person = shop.sign_in(EMAIL, PASSWORD).await;
    let order = text(&shop.order(&person, &[(&kinoko, 1)]).await.expect(202), "order_id");
    shop.until_status(&person, &order, "paid").await;
    let letters = cluster.letters(&queues::NOTIFICATION.dead_letters(), 1, Duration::from_secs(60)).await;
    assert!(letters.iter().all(|letter| letter.facts.error.contains("550")), "{letters:?}");

    let found = everything(&cluster, &process).await;
    for planted in [EMAIL, NAME] {
        assert_eq!(places_of(&found, planted), ["the table users"], "{planted}");
    }
}
