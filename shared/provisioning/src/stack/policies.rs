//! Policies of the stack's own: its key, its bucket, and who may become its roles.

use serde_json::{Value, json};
use shotengai_contracts::topology::Service;

use super::Trust;

const VERSION: &str = "2012-10-17";

/// Services through which alone the key is used, whoever asks: what is encrypted is read by those who may read it, as with
/// the keys that AWS keeps itself. So no role needs rights on the key.
const THROUGH: [&str; 5] = ["dynamodb", "kinesis", "s3", "sns", "sqs"];

pub(super) fn key() -> Value {
    let through: Vec<String> =
        THROUGH.iter().map(|service| format!("{service}.${{AWS::Region}}.amazonaws.com")).collect();
    json!({
        "Version": VERSION,
        "Statement": [
            {
                "Sid": "AccountAdministers",
                "Effect": "Allow",
                "Principal": { "AWS": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root" },
                "Action": "kms:*",
                "Resource": "*",
            },
            {
                "Sid": "ThroughServicesOnly",
                "Effect": "Allow",
                "Principal": { "AWS": "*" },
                "Action": [
                    "kms:CreateGrant",
                    "kms:Decrypt",
                    "kms:DescribeKey",
                    "kms:Encrypt",
                    "kms:GenerateDataKey*",
                    "kms:ReEncrypt*",
                ],
                "Resource": "*",
                "Condition": {
                    "StringEquals": { "kms:CallerAccount": "${AWS::AccountId}", "kms:ViaService": through },
                },
            },
            {
                "Sid": "TopicSendsToQueues",
                "Effect": "Allow",
                "Principal": { "Service": "sns.amazonaws.com" },
                "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
                "Resource": "*",
                "Condition": { "StringEquals": { "aws:SourceAccount": "${AWS::AccountId}" } },
            },
            // S3 is not known to say for which account it asks; the queue's own policy says which bucket may send.
            {
                "Sid": "BucketSendsToQueue",
                "Effect": "Allow",
                "Principal": { "Service": "s3.amazonaws.com" },
                "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
                "Resource": "*",
            },
        ],
    })
}

/// Nothing in the clear.
pub(super) fn bucket(arn: &str) -> Value {
    json!({
        "Version": VERSION,
        "Statement": [{
            "Sid": "RefuseInTheClear",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, format!("{arn}/*")],
            "Condition": { "Bool": { "aws:SecureTransport": "false" } },
        }],
    })
}

/// The service account of a service's pods, as the chart names it.
pub(super) fn service_account(service: Service) -> String {
    format!("${{ServiceAccountPrefix}}-{service}")
}

pub(super) fn trust(trust: Trust, service: Service) -> Value {
    let account = service_account(service);
    let statement = match trust {
        Trust::PodIdentity => json!({
            "Effect": "Allow",
            "Principal": { "Service": "pods.eks.amazonaws.com" },
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {
                "StringEquals": {
                    "aws:RequestTag/kubernetes-namespace": "${Namespace}",
                    "aws:RequestTag/kubernetes-service-account": account,
                },
            },
        }),
        Trust::Irsa => json!({
            "Effect": "Allow",
            "Principal": { "Federated": "arn:${AWS::Partition}:iam::${AWS::AccountId}:oidc-provider/${OidcProvider}" },
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {
                    "${OidcProvider}:aud": "sts.amazonaws.com",
                    "${OidcProvider}:sub": format!("system:serviceaccount:${{Namespace}}:{account}"),
                },
            },
        }),
    };
    json!({ "Version": VERSION, "Statement": [statement] })
}
