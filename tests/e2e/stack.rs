//! The emitted CloudFormation stack on a local AWS: what the provisioner looks for is there, and a street needs nothing else.

use std::collections::BTreeSet;

use shotengai_aws::{Aws, AwsConfig};
use shotengai_contracts::topology::SHOTENGAI;
use shotengai_kernel::Ports;
use shotengai_provisioning::{Options, Outcome, check, differing_filters, provision};
use shotengai_tests::shop::text;
use shotengai_tests::stream;
use shotengai_tests::test_cluster::TestCluster;

/// Shards of the streets under test, which the emitted stack gives the stream.
const SHARDS: u32 = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_template_makes_is_what_is_provisioned() {
    let (cluster, outputs) = TestCluster::deployed().await;
    let (account, prefix) = (cluster.account(), cluster.prefix());
    assert_eq!(outputs.get("ImageBucket"), Some(format!("{prefix}product-images").as_str()));
    let role = format!("arn:aws:iam::{account}:role/{prefix}shotengai-order");
    assert_eq!(outputs.get("OrderRoleArn"), Some(role.as_str()));

    let config = AwsConfig { marks_outbox: !stream::captured(), ..cluster.aws.config().clone() };
    let aws = Aws::connect(config, Ports::system()).await;
    let options = Options { shards: SHARDS, ..Options::default() };
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
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_street_on_a_deployed_stack_sells_without_being_provisioned() {
    let (cluster, _) = TestCluster::deployed().await;
    let process = cluster.serve("all", &[]).await;
    let shop = cluster.shop(&process);
    let kinoko = shop.product(&shop.admin().await, "prod_kinoko", "きのこの山", 200, 10).await;
    let guest = shop.guest(Some("hanako@example.com"), "ja").await;
    let order = text(&shop.order(&guest, &[(&kinoko, 2)]).await.expect(202), "order_id");
    shop.until_status(&guest, &order, "paid").await;
    let _ = cluster.mail(&order, "receipt").await;
    cluster.assert_tidy().await;
}
