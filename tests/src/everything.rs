//! Everything that an installation has kept: rows of all tables, the database, the stream, what its topic handed to queues,
//! dead letters, logs. To search it for what must not be there.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use shotengai_aws::admin::{QueueSpec, SubscriptionSpec};
use shotengai_contracts::EventType;
use shotengai_contracts::topology::{SHOTENGAI, queues};
use shotengai_messaging::Infrastructure;
use tokio::time::Instant;
use tokio_postgres::NoTls;

use crate::spoil::dynamodb;
use crate::stream;
use crate::test_cluster::{Process, TestCluster};

/// A text, and where it stands.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Where.
    pub place: String,
    /// What.
    pub text: String,
}

/// A queue that gets a copy of all that the topic hands to others: consumers delete theirs.
const COPIES: &str = "copies-queue";
/// How long a message is hidden while it is looked at.
const HIDDEN: Duration = Duration::from_secs(2);

/// Keeps a copy of all that is sent by the topic from now on.
pub async fn keep_copies(cluster: &TestCluster) {
    let admin = cluster.aws.admin();
    let queue = QueueSpec {
        name: COPIES.to_owned(),
        visibility: HIDDEN,
        retention: Duration::from_secs(3600),
        wait: Duration::ZERO,
        dead_letters: None,
        fed_by_topic: true,
        fed_by_bucket: None,
    };
    admin.ensure_queue(&queue).await.unwrap();
    let event_types = EventType::ALL.iter().map(|event_type| event_type.as_str()).collect();
    let (queue, dead_letters) = (COPIES.to_owned(), queues::BRIDGE_DEAD_LETTERS.name.to_owned());
    admin.ensure_subscription(&SubscriptionSpec { queue, event_types, dead_letters }).await.unwrap();
}

/// All of it, copies where they are kept. Each place has an entry, whether or not there is anything in it.
pub async fn everything(cluster: &TestCluster, process: &Process) -> Vec<Kept> {
    let mut kept = tables(cluster).await;
    kept.extend(database(cluster).await);
    let streamed = stream::texts(cluster).await.unwrap();
    kept.push(Kept { place: "the stream".to_owned(), text: streamed.join("\n") });
    let letters = SHOTENGAI.queues.iter().map(|queue| queue.dead_letters());
    // At once: whoever looks into a queue waits for what others have hidden.
    kept.extend(join_all(letters.chain([COPIES.to_owned()]).map(|queue| messages(cluster, queue))).await);
    kept.push(Kept { place: "the logs".to_owned(), text: process.log() });
    kept
}

/// The places in which this text stands, in whatever case.
#[must_use]
pub fn places_of(everything: &[Kept], text: &str) -> Vec<String> {
    let text = text.to_lowercase();
    let has = |kept: &&Kept| kept.text.to_lowercase().contains(&text);
    everything.iter().filter(has).map(|kept| kept.place.clone()).collect()
}

/// Bodies and attributes of all messages of a queue, which stay in it; nothing where there is no such queue.
async fn messages(cluster: &TestCluster, name: String) -> Kept {
    let queue = cluster.aws.queue(&name);
    let is_there = cluster.aws.admin().has_queue(&name).await.unwrap();
    let mut seen = BTreeMap::new();
    // Some are hidden for a while by whoever looked before.
    let deadline = Instant::now() + 2 * HIDDEN;
    while is_there && Instant::now() < deadline {
        for message in queue.receive(10, Duration::from_secs(1), HIDDEN).await.unwrap() {
            let attributes = message.attributes.values().cloned().collect::<Vec<_>>().join("\n");
            seen.insert(message.message_id, format!("{}\n{attributes}", message.body));
        }
    }
    Kept { place: format!("the queue {name}"), text: seen.into_values().collect::<Vec<_>>().join("\n") }
}

async fn tables(cluster: &TestCluster) -> Vec<Kept> {
    let prefix = cluster.prefix();
    let listed = dynamodb(cluster, "ListTables", &json!({ "Limit": 100 })).await;
    let names = listed["TableNames"].as_array().unwrap().iter().filter_map(Value::as_str);
    let mut kept = Vec::new();
    for name in names.filter(|name| name.starts_with(&prefix)) {
        let (mut text, mut start) = (String::new(), Value::Null);
        loop {
            let mut body = json!({ "TableName": name });
            if !start.is_null() {
                body["ExclusiveStartKey"] = start;
            }
            let page = dynamodb(cluster, "Scan", &body).await;
            text += &page["Items"].to_string();
            start = page["LastEvaluatedKey"].clone();
            if start.is_null() {
                break;
            }
        }
        kept.push(Kept { place: format!("the table {}", name.trim_start_matches(&prefix)), text });
    }
    kept
}

async fn database(cluster: &TestCluster) -> Vec<Kept> {
    let (client, connection) = tokio_postgres::connect(cluster.database_url(), NoTls).await.unwrap();
    let connected = tokio::spawn(connection);
    let tables = "SELECT table_schema || '.' || table_name FROM information_schema.tables \
                  WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')";
    let mut kept = Vec::new();
    for table in client.query(tables, &[]).await.unwrap() {
        let name: String = table.get(0);
        let rows = client.query(&format!("SELECT row_to_json(t)::text FROM {name} AS t"), &[]).await.unwrap();
        let text = rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>().join("\n");
        kept.push(Kept { place: format!("the database's {name}"), text });
    }
    drop(client);
    connected.await.unwrap().unwrap();
    kept
}
