//! Buckets.

use aws_sdk_s3::operation::create_bucket::CreateBucketError;
use aws_sdk_s3::operation::head_bucket::HeadBucketError;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration, Delete, ObjectIdentifier};
use shotengai_messaging::Fault;

use super::{Admin, Outcome};
use crate::fault::{entry_fault, fault, invalid};

const CREATE: &str = "s3.CreateBucket";
const HEAD: &str = "s3.HeadBucket";
const LIST: &str = "s3.ListObjectsV2";
const DELETE_OBJECTS: &str = "s3.DeleteObjects";
const DELETE: &str = "s3.DeleteBucket";
/// The one region that is not named when a bucket is made there.
const FIRST_REGION: &str = "us-east-1";

impl Admin {
    /// Has the bucket there. Names of buckets are taken once in the whole world: a refusal may mean another's bucket.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn ensure_bucket(&self, name: &str) -> Result<Outcome, Fault> {
        if self.has_bucket(name).await? {
            return Ok(Outcome::Found);
        }
        let region = self.config.region.as_str();
        let place = (region != FIRST_REGION).then(|| {
            CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::from(region)).build()
        });
        let request = self.clients.s3.create_bucket().bucket(self.full_name(name));
        let Err(error) = request.set_create_bucket_configuration(place).send().await else {
            return Ok(Outcome::Created);
        };
        match error.as_service_error() {
            Some(CreateBucketError::BucketAlreadyOwnedByYou(_)) => Ok(Outcome::Found),
            _ => Err(fault(CREATE, &error)),
        }
    }

    /// Whether the bucket is there and ours.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn has_bucket(&self, name: &str) -> Result<bool, Fault> {
        match self.clients.s3.head_bucket().bucket(self.full_name(name)).send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(HeadBucketError::NotFound(_)) => Ok(false),
                _ => Err(fault(HEAD, &error)),
            },
        }
    }

    /// Deletes the bucket with all it holds; false when there was none.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn delete_bucket(&self, name: &str) -> Result<bool, Fault> {
        if !self.has_bucket(name).await? {
            return Ok(false);
        }
        let name = self.full_name(name);
        self.empty_bucket(&name).await?;
        let answer = self.clients.s3.delete_bucket().bucket(name).send().await;
        answer.map(|_| true).map_err(|error| fault(DELETE, &error))
    }

    async fn empty_bucket(&self, name: &str) -> Result<(), Fault> {
        loop {
            let page = self.clients.s3.list_objects_v2().bucket(name).send().await;
            let page = page.map_err(|error| fault(LIST, &error))?;
            let keys = page.contents().iter().filter_map(|object| object.key());
            let objects = keys.map(|key| ObjectIdentifier::builder().key(key).build());
            let objects: Vec<_> = objects.collect::<Result<_, _>>().map_err(|error| invalid(DELETE_OBJECTS, error))?;
            if objects.is_empty() {
                return Ok(());
            }
            let delete = Delete::builder().set_objects(Some(objects)).quiet(true);
            let delete = delete.build().map_err(|error| invalid(DELETE_OBJECTS, error))?;
            let answer = self.clients.s3.delete_objects().bucket(name).delete(delete).send().await;
            let answer = answer.map_err(|error| fault(DELETE_OBJECTS, &error))?;
            if let Some(error) = answer.errors().first() {
                let code = error.code().unwrap_or("unknown error");
                return Err(entry_fault(DELETE_OBJECTS, code, error.message(), false));
            }
        }
    }
}
