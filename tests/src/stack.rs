//! Streets on the emitted CloudFormation stack: nothing is provisioned by the program, all of it by the local AWS.
//!
//! `E2E_STACK=1` puts every street of the end-to-end tests on one.

use std::time::Duration;

use reqwest::{Client, RequestBuilder};
use shotengai_contracts::Owner;
use shotengai_contracts::topology::buckets::PRODUCT_IMAGES;
use shotengai_runtime::direct_http;

use crate::stream;
use crate::test_cluster::TestCluster;
use crate::wait::until;

/// The region whose buckets are made without naming it.
const UNNAMED_REGION: &str = "us-east-1";
const STACK: &str = "street";
const ISSUER: &str = "oidc.eks.ap-northeast-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B716D3041E";
/// It deploys some 140 resources within a second; other tests share the machine.
const WITHIN: Duration = Duration::from_secs(120);

/// Whether streets are deployed instead of provisioned.
#[must_use]
pub fn is_on() -> bool {
    std::env::var_os("E2E_STACK").is_some_and(|value| value == "1")
}

/// What a stack says of itself once it stands.
pub struct Outputs(String);

impl Outputs {
    /// The output of this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        let (_, from) = self.0.split_once(&format!("<OutputKey>{key}</OutputKey>"))?;
        let (_, from) = from.split_once("<OutputValue>")?;
        from.split_once("</OutputValue>").map(|(value, _)| value)
    }
}

/// Has the street's local AWS make what `provision --emit cloudformation` prints, with these settings on top.
pub async fn deploy(cluster: &TestCluster, extra: &[(&str, &str)]) -> Outputs {
    let cloudformation = CloudFormation { cluster, http: direct_http().build().unwrap() };
    let file = cloudformation.upload(takable(&emitted(cluster, extra).await)).await;
    let parameters = [
        ("TemplateURL", file.as_str()),
        ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
        ("Parameters.member.1.ParameterKey", "OidcProvider"),
        ("Parameters.member.1.ParameterValue", ISSUER),
    ];
    let _ = cloudformation.ask("CreateStack", &parameters).await;
    let told = until("the stack stands", WITHIN, || async {
        let told = cloudformation.ask("DescribeStacks", &[]).await;
        if told.contains("_IN_PROGRESS") { Err(told) } else { Ok(told) }
    })
    .await;
    assert!(told.contains("<StackStatus>CREATE_COMPLETE</StackStatus>"), "{told}");
    if stream::captured() {
        // The template has it, and this server's CloudFormation leaves it out without a word (docs/local-aws.md).
        for owner in Owner::ALL {
            cluster.aws.admin().ensure_capture(&owner.events_table()).await.unwrap();
        }
    }
    Outputs(told)
}

/// The template without what this server's CloudFormation refuses: alarms on queries (docs/local-aws.md).
fn takable(template: &str) -> String {
    let mut template: serde_json::Value = serde_json::from_str(template).unwrap();
    let resources = template["Resources"].as_object_mut().unwrap();
    resources.retain(|_, resource| resource["Properties"].get("Metrics").is_none());
    template.to_string()
}

/// The template. The bucket is called as the street's processes call it, who are told of no other.
async fn emitted(cluster: &TestCluster, extra: &[(&str, &str)]) -> String {
    let mut command = cluster.command(&["provision", "--emit", "cloudformation", "--trust", "irsa"]);
    command.env("IMAGE_BUCKET", cluster.aws.config().bucket_name(PRODUCT_IMAGES.name)).envs(extra.iter().copied());
    let output = command.output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// CloudFormation of a local AWS, by its own protocol.
struct CloudFormation<'a> {
    cluster: &'a TestCluster,
    http: Client,
}

impl CloudFormation<'_> {
    /// The server believes the account that a request names; nobody checks the signature.
    fn signed(&self, request: RequestBuilder, region: &str, service: &str) -> RequestBuilder {
        let scope = format!("{}/20260101/{region}/{service}/aws4_request", self.cluster.account());
        request.header("authorization", format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"))
    }

    async fn ask(&self, action: &str, more: &[(&str, &str)]) -> String {
        let mut form = vec![("Action", action), ("Version", "2010-05-15"), ("StackName", STACK)];
        form.extend(more);
        let (to, region) = (self.cluster.endpoint_url(), &self.cluster.aws.config().region);
        let answer = self.signed(self.http.post(to), region, "cloudformation").query(&form).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{action}: {status} {text}");
        text
    }

    /// Puts a file where a template is read from: it is too long for a request.
    async fn upload(&self, text: String) -> String {
        let bucket = format!("{}/templates-{}", self.cluster.endpoint_url(), self.cluster.account());
        let made = self.signed(self.http.put(&bucket), UNNAMED_REGION, "s3").send().await.unwrap();
        assert!(made.status().is_success(), "{}", made.text().await.unwrap());
        let file = format!("{bucket}/street.json");
        let put = self.signed(self.http.put(&file), UNNAMED_REGION, "s3").body(text).send().await.unwrap();
        assert!(put.status().is_success(), "{}", put.text().await.unwrap());
        file
    }
}
