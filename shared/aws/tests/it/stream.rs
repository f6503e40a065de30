//! The stream.

use std::time::Duration;

use shotengai_aws::admin::StreamSpec;
use shotengai_messaging::{FaultKind, Infrastructure, ShardCursor, StartAt, StreamRecord};

use crate::local::account;

#[tokio::test]
async fn records_of_a_key_keep_their_order_and_an_impossible_one_fails_alone() {
    let aws = account().await;
    aws.admin().ensure_stream(StreamSpec { shards: 2, retention: Duration::from_secs(7 * 24 * 3600) }).await.unwrap();
    let record = |key: &str, data: usize| StreamRecord { key: key.to_owned(), data: data.to_string().into_bytes() };
    let mut records: Vec<_> = (0..20).map(|index| record("prod_1", index)).collect();
    records.insert(3, StreamRecord { key: "prod_1".to_owned(), data: vec![b'x'; 1024 * 1024] });
    records.insert(7, record("", 0));
    let answers = aws.stream_writer().put(&records).await.unwrap();
    let failed: Vec<_> = answers.iter().enumerate().filter(|(_, answer)| answer.is_err()).map(|(i, _)| i).collect();
    assert_eq!(failed, [3, 7]);

    let reader = aws.stream_reader();
    let shards = reader.shards().await.unwrap();
    assert_eq!(shards.len(), 2);
    let mut read = Vec::new();
    for shard in &shards {
        let mut cursor = reader.cursor(&shard.id, &StartAt::Oldest).await.unwrap();
        for _ in 0..4 {
            let batch = reader.read(&cursor, 6).await.unwrap();
            read.extend(batch.records);
            cursor = batch.next.unwrap();
        }
    }
    let data: Vec<_> = read.iter().map(|record| String::from_utf8(record.data.clone()).unwrap()).collect();
    assert_eq!(data, (0..20).map(|index| index.to_string()).collect::<Vec<_>>());
    assert!(read.iter().all(|record| record.key == "prod_1" && record.arrived_at.is_some()));

    let mut resumed = Vec::new();
    for shard in &shards {
        // The position is one of the other shard's here and there.
        if let Ok(cursor) = reader.cursor(&shard.id, &StartAt::After(read[17].position.clone())).await {
            resumed.push(reader.read(&cursor, 10).await.unwrap().records);
        }
    }
    assert!(resumed.contains(&read[18..].to_vec()));
    let unknown = reader.read(&ShardCursor("nonsense".to_owned()), 1).await.unwrap_err();
    assert_ne!(unknown.kind(), FaultKind::Throttled);
}
