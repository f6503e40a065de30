//! Everything that an installation has kept: rows of all tables, the database, the stream, logs. To search it for what must
//! not be there.

use serde_json::{Value, json};
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

/// All of it. Each place has an entry, whether or not there is anything in it.
pub async fn everything(cluster: &TestCluster, process: &Process) -> Vec<Kept> {
    let mut kept = tables(cluster).await;
    kept.extend(database(cluster).await);
    let streamed = stream::texts(cluster).await.unwrap();
    kept.push(Kept { place: "the stream".to_owned(), text: streamed.join("\n") });
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
