//! Buckets: closed to everybody, open to the shop's own web pages for signed requests, and telling a queue of new objects.

use aws_sdk_s3::operation::create_bucket::CreateBucketError;
use aws_sdk_s3::operation::delete_bucket::DeleteBucketError;
use aws_sdk_s3::operation::head_bucket::HeadBucketError;
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, CorsConfiguration, CorsRule, CreateBucketConfiguration, Delete,
    Event, FilterRule, FilterRuleName, NotificationConfiguration, NotificationConfigurationFilter, ObjectIdentifier,
    PublicAccessBlockConfiguration, QueueConfiguration, S3KeyFilter, VersioningConfiguration,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use shotengai_messaging::Fault;

use super::spec::{BucketSpec, BucketTells};
use super::{Admin, Outcome};
use crate::fault::{fault, invalid};

const CREATE: &str = "s3.CreateBucket";
const HEAD: &str = "s3.HeadBucket";
const GET_BLOCK: &str = "s3.GetPublicAccessBlock";
const PUT_BLOCK: &str = "s3.PutPublicAccessBlock";
const GET_CORS: &str = "s3.GetBucketCors";
const PUT_CORS: &str = "s3.PutBucketCors";
const DELETE_CORS: &str = "s3.DeleteBucketCors";
const GET_TELLS: &str = "s3.GetBucketNotificationConfiguration";
const PUT_TELLS: &str = "s3.PutBucketNotificationConfiguration";
const GET_VERSIONS: &str = "s3.GetBucketVersioning";
const PUT_VERSIONS: &str = "s3.PutBucketVersioning";
const LIST: &str = "s3.ListObjectsV2";
const LIST_VERSIONS: &str = "s3.ListObjectVersions";
const EMPTY: &str = "s3.DeleteObjects";
const DELETE: &str = "s3.DeleteBucket";

/// The region whose buckets are made without naming it.
const UNNAMED_REGION: &str = "us-east-1";
/// How long a browser remembers what it may send.
const REMEMBERED_SECONDS: i32 = 600;
/// Our notification among those of a bucket.
const TELLS_ID: &str = "shotengai";

impl Admin {
    /// Has the bucket there: nobody reads it without a signature, these origins may use signed requests, the queue hears
    /// of new objects, and versions are kept where that is wished. Other notifications of the bucket are left alone. The queue must be there first.
    ///
    /// # Errors
    /// A [`Fault`]; denied where the name is another account's.
    pub async fn ensure_bucket(&self, spec: &BucketSpec) -> Result<Outcome, Fault> {
        let name = self.config.bucket_name(&spec.name);
        let created = !self.bucket_is_there(&name).await? && self.create_bucket(&name).await?;
        let mut changed = self.close(&name).await?;
        changed |= self.admit_origins(&name, &spec.origins).await?;
        if let Some(tells) = &spec.tells {
            changed |= self.tell(&name, tells).await?;
        }
        if spec.versions {
            changed |= self.keep_versions(&name).await?;
        }
        Ok(if created { Outcome::Created } else { Outcome::changed_if(changed) })
    }

    /// Whether the bucket is there.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn has_bucket(&self, name: &str) -> Result<bool, Fault> {
        self.bucket_is_there(&self.config.bucket_name(name)).await
    }

    /// Deletes the bucket with all it holds; false when there was none.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn delete_bucket(&self, name: &str) -> Result<bool, Fault> {
        let name = self.config.bucket_name(name);
        if !self.bucket_is_there(&name).await? {
            return Ok(false);
        }
        self.empty(&name).await?;
        match self.clients.s3.delete_bucket().bucket(&name).send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().and_then(DeleteBucketError::code) == Some("NoSuchBucket") => {
                Ok(false)
            }
            Err(error) => Err(fault(DELETE, &error)),
        }
    }

    async fn bucket_is_there(&self, name: &str) -> Result<bool, Fault> {
        match self.clients.s3.head_bucket().bucket(name).send().await {
            Ok(_) => Ok(true),
            Err(error) if matches!(error.as_service_error(), Some(HeadBucketError::NotFound(_))) => Ok(false),
            Err(error) => Err(fault(HEAD, &error)),
        }
    }

    /// False when another has made it meanwhile.
    async fn create_bucket(&self, name: &str) -> Result<bool, Fault> {
        let region = self.config.region.as_str();
        let place = (region != UNNAMED_REGION).then(|| {
            let place = BucketLocationConstraint::from(region);
            CreateBucketConfiguration::builder().location_constraint(place).build()
        });
        match self.clients.s3.create_bucket().bucket(name).set_create_bucket_configuration(place).send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(CreateBucketError::BucketAlreadyOwnedByYou(_)) => Ok(false),
                _ => Err(fault(CREATE, &error)),
            },
        }
    }

    async fn close(&self, name: &str) -> Result<bool, Fault> {
        let closed = PublicAccessBlockConfiguration::builder()
            .block_public_acls(true)
            .ignore_public_acls(true)
            .block_public_policy(true)
            .restrict_public_buckets(true)
            .build();
        let found = match self.clients.s3.get_public_access_block().bucket(name).send().await {
            Ok(answer) => answer.public_access_block_configuration,
            Err(error) if code(&error) == Some("NoSuchPublicAccessBlockConfiguration") => None,
            Err(error) => return Err(fault(GET_BLOCK, &error)),
        };
        if found.as_ref() == Some(&closed) {
            return Ok(false);
        }
        let request = self.clients.s3.put_public_access_block().bucket(name);
        let request = request.public_access_block_configuration(closed);
        request.send().await.map(|_| true).map_err(|error| fault(PUT_BLOCK, &error))
    }

    async fn admit_origins(&self, name: &str, origins: &[String]) -> Result<bool, Fault> {
        let found = match self.clients.s3.get_bucket_cors().bucket(name).send().await {
            Ok(answer) => answer.cors_rules.unwrap_or_default(),
            Err(error) if code(&error) == Some("NoSuchCORSConfiguration") => Vec::new(),
            Err(error) => return Err(fault(GET_CORS, &error)),
        };
        let wanted = rules(origins)?;
        if same_rules(&found, &wanted) {
            return Ok(false);
        }
        if wanted.is_empty() {
            let answer = self.clients.s3.delete_bucket_cors().bucket(name).send().await;
            return answer.map(|_| true).map_err(|error| fault(DELETE_CORS, &error));
        }
        let rules = CorsConfiguration::builder().set_cors_rules(Some(wanted)).build();
        let rules = rules.map_err(|error| invalid(PUT_CORS, error))?;
        let answer = self.clients.s3.put_bucket_cors().bucket(name).cors_configuration(rules).send().await;
        answer.map(|_| true).map_err(|error| fault(PUT_CORS, &error))
    }

    async fn tell(&self, name: &str, tells: &BucketTells) -> Result<bool, Fault> {
        let found = self.clients.s3.get_bucket_notification_configuration().bucket(name).send().await;
        let found = found.map_err(|error| fault(GET_TELLS, &error))?;
        let wanted = self.told(tells).await?;
        // Under another name where a stack made it, which can't name it.
        let is_wanted = |found: &QueueConfiguration| {
            (found.queue_arn(), found.events(), found.filter())
                == (wanted.queue_arn(), wanted.events(), wanted.filter())
        };
        let others = found.queue_configurations().iter().filter(|other| other.id() != Some(TELLS_ID)).cloned();
        let mut queues: Vec<_> = others.collect();
        let is_told = match found.queue_configurations().len() - queues.len() {
            0 => queues.iter().any(is_wanted),
            ours => ours == 1 && found.queue_configurations().contains(&wanted),
        };
        if is_told {
            return Ok(false);
        }
        queues.push(wanted);
        let all = NotificationConfiguration::builder()
            .set_queue_configurations(Some(queues))
            .set_topic_configurations(found.topic_configurations.clone())
            .set_lambda_function_configurations(found.lambda_function_configurations.clone())
            .set_event_bridge_configuration(found.event_bridge_configuration.clone())
            .build();
        let request = self.clients.s3.put_bucket_notification_configuration().bucket(name);
        let answer = request.notification_configuration(all).send().await;
        answer.map(|_| true).map_err(|error| fault(PUT_TELLS, &error))
    }

    async fn told(&self, tells: &BucketTells) -> Result<QueueConfiguration, Fault> {
        let prefix = FilterRule::builder().name(FilterRuleName::Prefix).value(&tells.prefix).build();
        let filter = S3KeyFilter::builder().filter_rules(prefix).build();
        QueueConfiguration::builder()
            .id(TELLS_ID)
            .queue_arn(self.queue_arn(self.topic_arn().await?, &tells.queue)?)
            .events(Event::S3ObjectCreated)
            .filter(NotificationConfigurationFilter::builder().key(filter).build())
            .build()
            .map_err(|error| invalid(PUT_TELLS, error))
    }

    async fn versions(&self, name: &str) -> Result<Option<BucketVersioningStatus>, Fault> {
        let answer = self.clients.s3.get_bucket_versioning().bucket(name).send().await;
        answer.map(|answer| answer.status).map_err(|error| fault(GET_VERSIONS, &error))
    }

    async fn keep_versions(&self, name: &str) -> Result<bool, Fault> {
        if self.versions(name).await? == Some(BucketVersioningStatus::Enabled) {
            return Ok(false);
        }
        let kept = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        let answer = self.clients.s3.put_bucket_versioning().bucket(name).versioning_configuration(kept).send().await;
        answer.map(|_| true).map_err(|error| fault(PUT_VERSIONS, &error))
    }

    async fn empty(&self, name: &str) -> Result<(), Fault> {
        if self.versions(name).await?.is_some() {
            return self.empty_of_versions(name).await;
        }
        loop {
            let page = self.clients.s3.list_objects_v2().bucket(name).send().await;
            let page = page.map_err(|error| fault(LIST, &error))?;
            let keys = page.contents().iter().filter_map(|object| object.key());
            let keys: Vec<_> = keys
                .map(|key| ObjectIdentifier::builder().key(key).build())
                .collect::<Result<_, _>>()
                .map_err(|error| invalid(EMPTY, error))?;
            if keys.is_empty() {
                return Ok(());
            }
            self.delete(name, keys).await?;
        }
    }

    /// Objects, what stood in their places, and what says that they were deleted.
    async fn empty_of_versions(&self, name: &str) -> Result<(), Fault> {
        loop {
            let page = self.clients.s3.list_object_versions().bucket(name).send().await;
            let page = page.map_err(|error| fault(LIST_VERSIONS, &error))?;
            let versions = page.versions().iter().map(|it| (it.key(), it.version_id()));
            let versions = versions.chain(page.delete_markers().iter().map(|it| (it.key(), it.version_id())));
            let keys: Vec<_> = versions
                .filter_map(|(key, version)| {
                    Some(ObjectIdentifier::builder().key(key?).set_version_id(version.map(str::to_owned)).build())
                })
                .collect::<Result<_, _>>()
                .map_err(|error| invalid(EMPTY, error))?;
            if keys.is_empty() {
                return Ok(());
            }
            self.delete(name, keys).await?;
        }
    }

    async fn delete(&self, name: &str, keys: Vec<ObjectIdentifier>) -> Result<(), Fault> {
        let all = Delete::builder().set_objects(Some(keys)).build().map_err(|error| invalid(EMPTY, error))?;
        let answer = self.clients.s3.delete_objects().bucket(name).delete(all).send().await;
        let answer = answer.map_err(|error| fault(EMPTY, &error))?;
        match answer.errors().first() {
            Some(refused) => Err(invalid(EMPTY, refused.code().unwrap_or("an object could not be deleted").to_owned())),
            None => Ok(()),
        }
    }
}

fn code<E: ProvideErrorMetadata, R>(error: &aws_sdk_s3::error::SdkError<E, R>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}

/// Requests that a browser may send from a page of these origins: signed uploads and downloads, no more.
fn rules(origins: &[String]) -> Result<Vec<CorsRule>, Fault> {
    if origins.is_empty() {
        return Ok(Vec::new());
    }
    let rule = CorsRule::builder()
        .set_allowed_origins(Some(origins.to_vec()))
        .set_allowed_methods(Some(["GET", "HEAD", "PUT"].map(str::to_owned).into()))
        .set_allowed_headers(Some(["content-type", "if-none-match"].map(str::to_owned).into()))
        .max_age_seconds(REMEMBERED_SECONDS)
        .build();
    rule.map(|rule| vec![rule]).map_err(|error| invalid(PUT_CORS, error))
}

/// Rules come back with an id that the service gave them, perhaps.
fn same_rules(found: &[CorsRule], wanted: &[CorsRule]) -> bool {
    let essence = |rule: &CorsRule| {
        let lists = [rule.allowed_origins(), rule.allowed_methods(), rule.allowed_headers(), rule.expose_headers()];
        (lists.map(<[String]>::to_vec), rule.max_age_seconds())
    };
    found.iter().map(essence).eq(wanted.iter().map(essence))
}
