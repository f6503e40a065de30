//! The CloudFormation template on a local AWS: what the provisioner looks for is there, and it has nothing left to do but what that
//! server's CloudFormation does not know.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use shotengai_aws::{Aws, AwsConfig};
use shotengai_contracts::topology::SHOTENGAI;
use shotengai_kernel::Ports;
use shotengai_provisioning::stack::Trust;
use shotengai_provisioning::{Options, Outcome, Stack, StackOptions, check, differing_filters, provision};
use shotengai_street::{MiniStack, MiniStackConfig, locate_venv};

const ACCOUNT: &str = "100000000021";
const REGION: &str = "ap-northeast-1";
/// The region whose buckets are made without naming it.
const UNNAMED_REGION: &str = "us-east-1";
/// It deploys some 140 resources within a second; other tests share the machine.
const WITHIN: Duration = Duration::from_secs(120);

/// CloudFormation of a local AWS, by its own protocol.
struct CloudFormation {
    endpoint: String,
    http: reqwest::Client,
}

impl CloudFormation {
    #[expect(
        clippy::disallowed_methods,
        reason = "provisioning knows nothing of runtime, which makes clients for the others"
    )]
    fn of(server: &MiniStack) -> Self {
        Self { endpoint: server.endpoint_url(), http: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    /// The server believes the account that a request names; nobody checks the signature.
    fn signed(&self, request: reqwest::RequestBuilder, region: &str, service: &str) -> reqwest::RequestBuilder {
        let scope = format!("{ACCOUNT}/20260101/{region}/{service}/aws4_request");
        request.header("authorization", format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"))
    }

    async fn ask(&self, action: &str, more: &[(&str, &str)]) -> String {
        let mut form = vec![("Action", action), ("Version", "2010-05-15"), ("StackName", "street")];
        form.extend(more);
        let answer =
            self.signed(self.http.post(&self.endpoint), REGION, "cloudformation").query(&form).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{action}: {status} {text}");
        text
    }

    /// Puts a file where a template is read from: it is too long for a request.
    async fn upload(&self, text: String) -> String {
        let bucket = format!("{}/templates-{ACCOUNT}", self.endpoint);
        let made = self.signed(self.http.put(&bucket), UNNAMED_REGION, "s3").send().await.unwrap();
        assert!(made.status().is_success(), "{}", made.text().await.unwrap());
        let file = format!("{bucket}/street.json");
        let put = self.signed(self.http.put(&file), UNNAMED_REGION, "s3").body(text).send().await.unwrap();
        assert!(put.status().is_success(), "{}", put.text().await.unwrap());
        file
    }

    /// The stack's status and its outputs as `describe-stacks` names them.
    async fn ended(&self) -> String {
        let begun = tokio::time::Instant::now();
        loop {
            let told = self.ask("DescribeStacks", &[]).await;
            if !told.contains("_IN_PROGRESS") || begun.elapsed() > WITHIN {
                return told;
            }
            tokio::task::yield_now().await;
        }
    }
}

fn output(told: &str, key: &str) -> Option<String> {
    let (_, from) = told.split_once(&format!("<OutputKey>{key}</OutputKey>"))?;
    let (_, from) = from.split_once("<OutputValue>")?;
    from.split_once("</OutputValue>").map(|(value, _)| value.to_owned())
}

#[tokio::test]
async fn what_the_template_makes_is_what_is_provisioned() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let settings =
        MiniStackConfig { venv: locate_venv(&repository).unwrap(), state_dir: folder.path().to_owned(), port: 0 };
    let server = MiniStack::start(&settings).await.unwrap();
    let config = AwsConfig {
        local_account: Some(ACCOUNT.to_owned()),
        prefix: "blue-".to_owned(),
        region: REGION.to_owned(),
        ..AwsConfig::local(server.endpoint_url())
    };
    let options = Options { shards: 2, origins: vec!["https://shop.example.com".to_owned()], ..Options::default() };
    let stack = Stack::of(&config, &options, StackOptions { trust: Trust::Irsa, ..StackOptions::default() });

    let cloudformation = CloudFormation::of(&server);
    // Polled and paid by request: it knows neither consumers of streams nor scaling.
    let file = cloudformation.upload(stack.cloudformation().to_string()).await;
    let issuer = "oidc.eks.ap-northeast-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B716D3041E";
    let parameters = [
        ("TemplateURL", file.as_str()),
        ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
        ("Parameters.member.1.ParameterKey", "OidcProvider"),
        ("Parameters.member.1.ParameterValue", issuer),
    ];
    cloudformation.ask("CreateStack", &parameters).await;
    let told = cloudformation.ended().await;
    assert!(told.contains("<StackStatus>CREATE_COMPLETE</StackStatus>"), "{told}");

    let bucket = output(&told, "ImageBucket").unwrap();
    assert_eq!(bucket, format!("blue-product-images-{ACCOUNT}"));
    assert_eq!(output(&told, "OrderRoleArn").unwrap(), format!("arn:aws:iam::{ACCOUNT}:role/blue-shotengai-order"));
    let aws = Aws::connect(AwsConfig { image_bucket: Some(bucket), ..config }, Ports::system()).await;
    let found = check(&aws, &options).await.unwrap();
    let missing: Vec<_> = found.iter().filter(|(_, present)| !present).map(|(resource, _)| resource).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(differing_filters(&aws).await.unwrap().is_empty());
    // Nor has the provisioner anything to change: settings are the same as well. But this server's CloudFormation leaves times to
    // live out, which the template has.
    let report = provision(&aws, &options, &|_, _| {}).await.unwrap();
    let changed = report.resources.iter().filter(|(_, outcome)| *outcome != Outcome::Found);
    let changed: BTreeSet<&str> = changed.map(|(resource, _)| resource.name()).collect();
    let expiring: BTreeSet<&str> =
        SHOTENGAI.tables.iter().filter(|table| table.expires()).map(|table| table.name).collect();
    assert_eq!(changed, expiring);
    server.stop().await.unwrap();
}
