//! The stream.

use std::time::Duration;

use shotengai_aws::AwsConfig;
use shotengai_aws::admin::StreamSpec;
use shotengai_contracts::topology::STREAM;
use shotengai_messaging::ports::stream::PositionGone;
use shotengai_messaging::{FaultKind, Infrastructure, ShardCursor, StartAt, StreamRecord};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::local::{account, connect};

#[tokio::test]
async fn records_of_a_key_keep_their_order_and_an_impossible_one_fails_alone() {
    let aws = account().await;
    aws.admin()
        .ensure_stream(STREAM, StreamSpec { shards: 2, retention: Duration::from_secs(7 * 24 * 3600) })
        .await
        .unwrap();
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

/// The local AWS begins at the oldest record instead; Kinesis has been seen to do either.
#[tokio::test]
async fn a_position_that_the_stream_refuses_is_told_from_a_shard_that_is_not_there() {
    let refusing = async |kind: &str| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let body = format!(r#"{{"__type":"{kind}","message":"said so"}}"#);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let mut request = [0; 8192];
                let _ = client.read(&mut request).await;
                let head = format!("HTTP/1.1 400 Bad Request\r\ncontent-length: {}\r\nconnection: close", body.len());
                let answer = format!("{head}\r\ncontent-type: application/x-amz-json-1.1\r\n\r\n{body}");
                let _ = client.write_all(answer.as_bytes()).await;
            }
        });
        let reader = connect(AwsConfig::local(endpoint)).await.stream_reader();
        let position = StartAt::After("49590338271490256608559692538361571095921575989136588898".to_owned());
        reader.cursor("shardId-000000000000", &position).await.unwrap_err()
    };
    let fault = refusing("InvalidArgumentException").await;
    assert!(PositionGone::is_cause_of(&fault) && fault.to_string().contains("said so"), "{fault}");
    assert_eq!(fault.kind(), FaultKind::Permanent);
    let fault = refusing("ResourceNotFoundException").await;
    assert!(!PositionGone::is_cause_of(&fault), "{fault}");
}
