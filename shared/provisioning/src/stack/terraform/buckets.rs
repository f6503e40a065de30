//! Buckets, whose settings are resources of their own here.

use serde_json::{Value, json};

use super::{Made, kept, reference};
use crate::stack::KEY;
use crate::stack::cloudformation::{CORS_HEADERS, CORS_METHODS, CORS_SECONDS, UPLOAD_DAYS};
use crate::stack::parts::{Bucket, queue_id, snake};

pub(super) fn bucket(id: &str, bucket: &Bucket) -> Vec<Made> {
    let name = snake(id);
    let of = |mut body: Value| {
        body["bucket"] = json!(reference(id, ""));
        body
    };
    let mut all = vec![
        ("aws_s3_bucket", name.clone(), kept(json!({ "bucket": bucket.name }))),
        (
            "aws_s3_bucket_public_access_block",
            name.clone(),
            of(json!({
                "block_public_acls": true,
                "ignore_public_acls": true,
                "block_public_policy": true,
                "restrict_public_buckets": true,
            })),
        ),
        (
            "aws_s3_bucket_ownership_controls",
            name.clone(),
            of(json!({
                "rule": { "object_ownership": "BucketOwnerEnforced" },
            })),
        ),
        (
            "aws_s3_bucket_server_side_encryption_configuration",
            name.clone(),
            of(json!({
                "rule": {
                    "bucket_key_enabled": true,
                    "apply_server_side_encryption_by_default": { "sse_algorithm": "aws:kms", "kms_master_key_id": reference(KEY, "Arn") },
                },
            })),
        ),
        (
            "aws_s3_bucket_lifecycle_configuration",
            name.clone(),
            of(json!({
                "rule": {
                    "id": "unfinished-uploads",
                    "status": "Enabled",
                    "filter": {},
                    "abort_incomplete_multipart_upload": { "days_after_initiation": UPLOAD_DAYS },
                },
            })),
        ),
    ];
    if bucket.spec.versions {
        let enabled = json!({ "versioning_configuration": { "status": "Enabled" } });
        all.push(("aws_s3_bucket_versioning", name.clone(), of(enabled)));
    }
    if let Some(tells) = &bucket.spec.tells {
        let queue = queue_id(&tells.queue);
        all.push((
            "aws_s3_bucket_notification",
            name.clone(),
            of(json!({
                "queue": {
                    "queue_arn": reference(&queue, "Arn"),
                    "events": ["s3:ObjectCreated:*"],
                    "filter_prefix": tells.prefix,
                },
                "depends_on": [format!("aws_sqs_queue_policy.{}", snake(&format!("{queue}Policy")))],
            })),
        ));
    }
    if !bucket.spec.origins.is_empty() {
        all.push((
            "aws_s3_bucket_cors_configuration",
            name,
            of(json!({
                "cors_rule": {
                    "allowed_origins": bucket.spec.origins,
                    "allowed_methods": CORS_METHODS,
                    "allowed_headers": CORS_HEADERS,
                    "max_age_seconds": CORS_SECONDS,
                },
            })),
        ));
    }
    all
}
