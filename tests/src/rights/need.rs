//! Which rights a request needs, as AWS's Service Authorization Reference has it: rarely one of the request's own name.

use std::fmt;

use reqwest::Url;
use serde_json::Value;

use crate::proxy::Exchange;

/// An action on a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// `dynamodb:PutItem`.
    pub action: String,
    /// Its ARN; `*` for what has none, and at the end of what the request doesn't tell.
    pub resource: String,
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.action, self.resource)
    }
}

/// Where resources are.
#[derive(Debug, Clone)]
pub struct Place {
    /// The region.
    pub region: String,
    /// The account's number.
    pub account: String,
}

impl Place {
    /// An ARN of a policy, with this account's own in place of what it leaves open.
    #[must_use]
    pub fn fill(&self, arn: &str) -> String {
        let arn = arn.replace("${AWS::Partition}", "aws").replace("${AWS::Region}", &self.region);
        arn.replace("${AWS::AccountId}", &self.account)
    }

    fn arn(&self, service: &str, name: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{name}", self.region, self.account)
    }
}

/// What a request needs: at least one right, all of them.
#[must_use]
pub fn needs(exchange: &Exchange, place: &Place) -> Vec<Need> {
    let found = match exchange.service.as_str() {
        "dynamodb" => dynamodb(exchange, place),
        "kinesis" => kinesis(exchange, place),
        "sns" => sns(exchange),
        "sqs" => sqs(exchange, place),
        "s3" => s3(exchange),
        _ => Vec::new(),
    };
    if found.is_empty() { vec![need(&exchange.service, &exchange.operation, "*")] } else { found }
}

fn need(service: &str, action: &str, resource: impl Into<String>) -> Need {
    Need { action: format!("{service}:{action}"), resource: resource.into() }
}

/// Transactions and batches of statements are no actions: each of their entries is one.
fn dynamodb(exchange: &Exchange, place: &Place) -> Vec<Need> {
    let body = exchange.json();
    let on = |action: &str, table: &str| need("dynamodb", action, place.arn("dynamodb", &format!("table/{table}")));
    match exchange.operation.as_str() {
        "TransactWriteItems" | "TransactGetItems" => {
            let items = entries(&body["TransactItems"]).filter_map(Value::as_object).flatten();
            // `Put` needs PutItem.
            items.map(|(kind, item)| on(&format!("{kind}Item"), told(item, "TableName"))).collect()
        }
        "BatchGetItem" | "BatchWriteItem" => {
            let tables = body["RequestItems"].as_object().into_iter().flatten();
            tables.map(|(table, _)| on(&exchange.operation, table)).collect()
        }
        "BatchExecuteStatement" => entries(&body["Statements"]).map(|entry| statement(entry, &on)).collect(),
        "ExecuteTransaction" => entries(&body["TransactStatements"]).map(|entry| statement(entry, &on)).collect(),
        "ExecuteStatement" => vec![statement(&body, &on)],
        operation => body["TableName"].as_str().map_or_else(Vec::new, |table| {
            let index = body["IndexName"].as_str().map(|index| format!("/index/{index}")).unwrap_or_default();
            vec![on(operation, &format!("{table}{index}"))]
        }),
    }
}

/// `INSERT INTO "table" VALUE …`: the first word says what, the first name in quotes on which table.
fn statement(entry: &Value, on: &dyn Fn(&str, &str) -> Need) -> Need {
    let text = told(entry, "Statement").trim_start();
    let table = text.split('"').nth(1).unwrap_or_default();
    let action = match text.split_whitespace().next().unwrap_or_default().to_ascii_uppercase().as_str() {
        "INSERT" => "PartiQLInsert",
        "UPDATE" => "PartiQLUpdate",
        "DELETE" => "PartiQLDelete",
        _ => "PartiQLSelect",
    };
    on(action, table)
}

fn kinesis(exchange: &Exchange, place: &Place) -> Vec<Need> {
    let (body, operation) = (exchange.json(), exchange.operation.as_str());
    if let Some(consumer) = body["ConsumerARN"].as_str() {
        return vec![need("kinesis", operation, consumer)];
    }
    let named = body["StreamName"].as_str().map(|name| place.arn("kinesis", &format!("stream/{name}")));
    let stream = body["StreamARN"].as_str().map(str::to_owned).or(named);
    match (stream, operation) {
        (Some(stream), "DescribeStreamConsumer") => {
            let consumer = format!("{stream}/consumer/{}:*", told(&body, "ConsumerName"));
            vec![need("kinesis", operation, stream), need("kinesis", operation, consumer)]
        }
        (Some(stream), _) => vec![need("kinesis", operation, stream)],
        // An iterator or a page's token tells no stream: whoever has one was allowed to ask for it.
        (None, "GetRecords" | "ListShards") => vec![need("kinesis", operation, place.arn("kinesis", "stream/*"))],
        (None, _) => Vec::new(),
    }
}

/// A batch is the single action, more than once.
fn sns(exchange: &Exchange) -> Vec<Need> {
    let action = exchange.operation.trim_end_matches("Batch");
    let topic = form(&exchange.text()).find_map(|(name, value)| (name == "TopicArn").then_some(value));
    topic.map(|topic| need("sns", action, topic)).into_iter().collect()
}

fn sqs(exchange: &Exchange, place: &Place) -> Vec<Need> {
    let body = exchange.json();
    let action = exchange.operation.trim_end_matches("Batch");
    let by_url = body["QueueUrl"].as_str().and_then(|url| url.rsplit('/').next());
    let queue = by_url.or_else(|| body["QueueName"].as_str());
    queue.map(|queue| need("sqs", action, place.arn("sqs", queue))).into_iter().collect()
}

/// By paths: `/bucket/key`.
fn s3(exchange: &Exchange) -> Vec<Need> {
    let (path, query) = exchange.path.split_once('?').unwrap_or((exchange.path.as_str(), ""));
    let (bucket, key) = path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
    let object = |key: &str| format!("arn:aws:s3:::{bucket}/{key}");
    let has = |name: &str| form(query).any(|(known, _)| known == name);
    match (exchange.method.as_str(), key) {
        ("HEAD", "") => vec![need("s3", "ListBucket", format!("arn:aws:s3:::{bucket}"))],
        ("GET", "") if has("list-type") => vec![need("s3", "ListBucket", format!("arn:aws:s3:::{bucket}"))],
        ("POST", "") if has("delete") => {
            let text = exchange.text();
            let keys = text.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next());
            keys.map(|key| need("s3", "DeleteObject", object(key))).collect()
        }
        ("GET" | "HEAD", key) if !key.is_empty() => vec![need("s3", "GetObject", object(key))],
        ("PUT", key) if !key.is_empty() => {
            let source = exchange.headers.get("x-amz-copy-source").and_then(|value| value.to_str().ok());
            let read = source
                .map(|source| need("s3", "GetObject", format!("arn:aws:s3:::{}", source.trim_start_matches('/'))));
            std::iter::once(need("s3", "PutObject", object(key))).chain(read).collect()
        }
        ("DELETE", key) if !key.is_empty() => vec![need("s3", "DeleteObject", object(key))],
        _ => Vec::new(),
    }
}

fn entries(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn told<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn form(text: &str) -> impl Iterator<Item = (String, String)> {
    let url = Url::parse(&format!("http://form/?{text}")).ok();
    let pairs: Vec<_> = url.iter().flat_map(|url| url.query_pairs().into_owned()).collect();
    pairs.into_iter()
}

#[cfg(test)]
mod tests {
    use hyper::body::Bytes;
    use hyper::{Method, Request};
    use serde_json::json;

    use super::*;

    fn place() -> Place {
        Place { region: "r".to_owned(), account: "1".to_owned() }
    }

    fn told_of(request: hyper::http::request::Builder, body: &str) -> Vec<String> {
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let exchange = Exchange::new(&parts, Bytes::from(body.to_owned()));
        needs(&exchange, &place()).iter().map(Need::to_string).collect()
    }

    fn json_of(target: &str, body: &Value) -> Vec<String> {
        told_of(Request::post("http://h/").header("x-amz-target", target), &body.to_string())
    }

    fn signed(method: Method, uri: &str, service: &str) -> hyper::http::request::Builder {
        let scope = format!("AWS4-HMAC-SHA256 Credential=1/20260101/r/{service}/aws4_request, Signature=0");
        Request::builder().method(method).uri(uri).header("authorization", scope)
    }

    #[test]
    fn what_dynamodb_is_asked_for_needs_a_right_for_each_table_and_index() {
        let asked = |operation: &str, body| json_of(&format!("DynamoDB_20120810.{operation}"), &body);
        let table = |name: &str| format!("arn:aws:dynamodb:r:1:table/{name}");
        assert_eq!(asked("GetItem", json!({ "TableName": "t" })), [format!("dynamodb:GetItem on {}", table("t"))]);
        let query = asked("Query", json!({ "TableName": "t", "IndexName": "i" }));
        assert_eq!(query, [format!("dynamodb:Query on {}", table("t/index/i"))]);
        let both = asked(
            "TransactWriteItems",
            json!({ "TransactItems": [
            { "Put": { "TableName": "a" } }, { "ConditionCheck": { "TableName": "b" } },
        ] }),
        );
        let wanted = [("PutItem", "a"), ("ConditionCheckItem", "b")];
        assert_eq!(both, wanted.map(|(action, name)| format!("dynamodb:{action} on {}", table(name))));
        let statements = asked(
            "BatchExecuteStatement",
            json!({ "Statements": [
            { "Statement": "INSERT INTO \"a\" VALUE {'x': ?}" }, { "Statement": "UPDATE \"b\" SET \"c\"=?" },
        ] }),
        );
        let wanted = [("PartiQLInsert", "a"), ("PartiQLUpdate", "b")];
        assert_eq!(statements, wanted.map(|(action, name)| format!("dynamodb:{action} on {}", table(name))));
        let many = asked("BatchGetItem", json!({ "RequestItems": { "a": {} } }));
        assert_eq!(many, [format!("dynamodb:BatchGetItem on {}", table("a"))]);
        assert_eq!(asked("ListTables", json!({})), ["dynamodb:ListTables on *"]);
    }

    #[test]
    fn what_a_stream_is_asked_for_needs_rights_on_it_and_on_its_consumer() {
        let asked = |operation: &str, body| json_of(&format!("Kinesis_20131202.{operation}"), &body);
        let stream = "arn:aws:kinesis:r:1:stream/";
        assert_eq!(asked("PutRecords", json!({ "StreamName": "s" })), [format!("kinesis:PutRecords on {stream}s")]);
        assert_eq!(asked("GetRecords", json!({ "ShardIterator": "x" })), [format!("kinesis:GetRecords on {stream}*")]);
        let consumer =
            asked("DescribeStreamConsumer", json!({ "StreamARN": format!("{stream}s"), "ConsumerName": "b" }));
        let on = ["s", "s/consumer/b:*"].map(|name| format!("kinesis:DescribeStreamConsumer on {stream}{name}"));
        assert_eq!(consumer, on);
    }

    #[test]
    fn batches_of_messages_need_the_right_to_single_ones() {
        let send = json_of("AmazonSQS.SendMessageBatch", &json!({ "QueueUrl": "http://h/1/q" }));
        assert_eq!(send, ["sqs:SendMessage on arn:aws:sqs:r:1:q"]);
        assert_eq!(
            json_of("AmazonSQS.GetQueueUrl", &json!({ "QueueName": "q" })),
            ["sqs:GetQueueUrl on arn:aws:sqs:r:1:q"]
        );
        let form = "application/x-www-form-urlencoded";
        let publish = signed(Method::POST, "http://h/", "sns").header("content-type", form);
        let told = told_of(publish, "Action=PublishBatch&TopicArn=arn%3Aaws%3Asns%3Ar%3A1%3At");
        assert_eq!(told, ["sns:Publish on arn:aws:sns:r:1:t"]);
        let list = signed(Method::POST, "http://h/", "sns").header("content-type", form);
        assert_eq!(told_of(list, "Action=ListTopics"), ["sns:ListTopics on *"]);
    }

    #[test]
    fn buckets_and_objects_are_told_by_paths_and_who_signed_an_address_is_asked() {
        let asked = |method, uri: &str, body: &str| told_of(signed(method, uri, "s3"), body);
        assert_eq!(asked(Method::HEAD, "http://h/b", ""), ["s3:ListBucket on arn:aws:s3:::b"]);
        assert_eq!(asked(Method::GET, "http://h/b/?list-type=2", ""), ["s3:ListBucket on arn:aws:s3:::b"]);
        assert_eq!(asked(Method::PUT, "http://h/b/k/l?x-id=PutObject", ""), ["s3:PutObject on arn:aws:s3:::b/k/l"]);
        let deleted = asked(Method::POST, "http://h/b?delete", "<Delete><Object><Key>a</Key></Object></Delete>");
        assert_eq!(deleted, ["s3:DeleteObject on arn:aws:s3:::b/a"]);
        assert_eq!(asked(Method::GET, "http://h/b?policy", ""), ["s3:GET on *"]);
        let by_address = "http://h/b/k?X-Amz-Credential=1%2F20260101%2Fr%2Fs3%2Faws4_request";
        assert_eq!(told_of(Request::get(by_address), ""), ["s3:GetObject on arn:aws:s3:::b/k"]);
    }

    #[test]
    fn what_nobody_knows_needs_a_right_that_nobody_has() {
        assert_eq!(told_of(signed(Method::POST, "http://h/", "iam"), ""), ["iam:POST on *"]);
        assert_eq!(told_of(Request::get("http://h/"), ""), [":GET on *"]);
    }
}
