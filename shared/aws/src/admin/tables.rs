//! Tables.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::operation::delete_table::DeleteTableError;
use aws_sdk_dynamodb::operation::describe_table::DescribeTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, CreateGlobalSecondaryIndexAction, GlobalSecondaryIndex,
    GlobalSecondaryIndexUpdate, IndexStatus, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, TableDescription, TableStatus,
};
use shotengai_messaging::Fault;

use super::spec::{Attribute, IndexSpec, TableSpec};
use super::wait::until;
use super::{Admin, Outcome};
use crate::fault::{fault, invalid};

const CREATE: &str = "dynamodb.CreateTable";
const DESCRIBE: &str = "dynamodb.DescribeTable";
const UPDATE: &str = "dynamodb.UpdateTable";
const DELETE: &str = "dynamodb.DeleteTable";

impl Admin {
    /// Has the table there, with its indexes and its expiry. Its keys can't be changed.
    ///
    /// # Errors
    /// A [`Fault`]; `Permanent` when a table of this name has other keys.
    pub async fn ensure_table(&self, spec: &TableSpec) -> Result<Outcome, Fault> {
        let name = self.full_name(&spec.name);
        let outcome = match self.describe(&name).await? {
            // The usual case, with as few calls as there can be.
            Some(found) if is_active(&found) => Outcome::changed_if(self.change_table(&name, spec, &found).await?),
            found => {
                let created = found.is_none() && self.create_table(&name, spec).await?;
                self.table_is_active(&name).await?;
                if created { Outcome::Created } else { self.change_new_table(&name, spec).await? }
            }
        };
        let expiry = self.ensure_expiry(&name, spec.expires).await?;
        Ok(if outcome == Outcome::Found { Outcome::changed_if(expiry) } else { outcome })
    }

    /// Whether the table is there.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn has_table(&self, name: &str) -> Result<bool, Fault> {
        Ok(self.describe(&self.full_name(name)).await?.is_some())
    }

    /// Deletes the table with all it holds; false when there was none.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn delete_table(&self, name: &str) -> Result<bool, Fault> {
        let name = self.full_name(name);
        let answer = self.clients.dynamodb.delete_table().table_name(&name).send().await;
        if let Err(error) = answer {
            return match error.as_service_error() {
                Some(DeleteTableError::ResourceNotFoundException(_)) => Ok(false),
                _ => Err(fault(DELETE, &error)),
            };
        }
        until(DESCRIBE, || async { Ok(self.describe(&name).await?.is_none()) }).await?;
        Ok(true)
    }

    /// False when it is there already, or being made by somebody else.
    async fn create_table(&self, name: &str, spec: &TableSpec) -> Result<bool, Fault> {
        let indexes = spec.indexes.iter().map(|index| {
            GlobalSecondaryIndex::builder()
                .index_name(index.name)
                .set_key_schema(Some(key_schema(index.partition, Some(index.sort))?))
                .projection(keys_only())
                .build()
                .map_err(|error| invalid(CREATE, error))
        });
        let indexes = indexes.collect::<Result<Vec<_>, Fault>>()?;
        let answer = self
            .clients
            .dynamodb
            .create_table()
            .table_name(name)
            .billing_mode(BillingMode::PayPerRequest)
            .set_key_schema(Some(key_schema(spec.partition, spec.sort)?))
            .set_attribute_definitions(Some(definitions(spec)?))
            // The service refuses an empty list.
            .set_global_secondary_indexes((!indexes.is_empty()).then_some(indexes))
            .send()
            .await;
        let Err(error) = answer else { return Ok(true) };
        match error.as_service_error() {
            Some(CreateTableError::ResourceInUseException(_)) => Ok(false),
            _ => Err(fault(CREATE, &error)),
        }
    }

    /// Of a table that somebody else has just made.
    async fn change_new_table(&self, name: &str, spec: &TableSpec) -> Result<Outcome, Fault> {
        let found =
            self.describe(name).await?.ok_or_else(|| invalid(DESCRIBE, format!("the table {name} went away")))?;
        Ok(Outcome::changed_if(self.change_table(name, spec, &found).await?))
    }

    /// Adds what is missing; true when something was.
    async fn change_table(&self, name: &str, spec: &TableSpec, found: &TableDescription) -> Result<bool, Fault> {
        let keys: Vec<&str> = found.key_schema().iter().map(KeySchemaElement::attribute_name).collect();
        let wanted: Vec<&str> = [Some(spec.partition), spec.sort].into_iter().flatten().map(Attribute::name).collect();
        if keys != wanted {
            return Err(invalid(DESCRIBE, format!("the table {name} has the keys {keys:?}, not {wanted:?}")));
        }
        let mut changed = false;
        let billing = found.billing_mode_summary().and_then(|summary| summary.billing_mode());
        if billing != Some(&BillingMode::PayPerRequest) {
            let request =
                self.clients.dynamodb.update_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
            request.send().await.map_err(|error| fault(UPDATE, &error))?;
            self.table_is_active(name).await?;
            changed = true;
        }
        let present: BTreeSet<&str> =
            found.global_secondary_indexes().iter().filter_map(|index| index.index_name()).collect();
        // The service makes one index at a time.
        for index in spec.indexes.iter().filter(|index| !present.contains(index.name)) {
            self.add_index(name, spec, index).await?;
            self.table_is_active(name).await?;
            changed = true;
        }
        Ok(changed)
    }

    async fn add_index(&self, name: &str, spec: &TableSpec, index: &IndexSpec) -> Result<(), Fault> {
        let create = CreateGlobalSecondaryIndexAction::builder()
            .index_name(index.name)
            .set_key_schema(Some(key_schema(index.partition, Some(index.sort))?))
            .projection(keys_only())
            .build()
            .map_err(|error| invalid(UPDATE, error))?;
        let request = self
            .clients
            .dynamodb
            .update_table()
            .table_name(name)
            .set_attribute_definitions(Some(definitions(spec)?))
            .global_secondary_index_updates(GlobalSecondaryIndexUpdate::builder().create(create).build());
        request.send().await.map(drop).map_err(|error| fault(UPDATE, &error))
    }

    async fn table_is_active(&self, name: &str) -> Result<(), Fault> {
        until(DESCRIBE, || async { Ok(self.describe(name).await?.is_some_and(|table| is_active(&table))) }).await
    }

    async fn describe(&self, name: &str) -> Result<Option<TableDescription>, Fault> {
        match self.clients.dynamodb.describe_table().table_name(name).send().await {
            Ok(answer) => Ok(answer.table),
            Err(error) => match error.as_service_error() {
                Some(DescribeTableError::ResourceNotFoundException(_)) => Ok(None),
                _ => Err(fault(DESCRIBE, &error)),
            },
        }
    }
}

/// With all its indexes.
fn is_active(table: &TableDescription) -> bool {
    let indexes = table.global_secondary_indexes();
    table.table_status() == Some(&TableStatus::Active)
        && indexes.iter().all(|index| matches!(index.index_status(), None | Some(IndexStatus::Active)))
}

fn keys_only() -> Projection {
    Projection::builder().projection_type(ProjectionType::KeysOnly).build()
}

fn key_schema(partition: Attribute, sort: Option<Attribute>) -> Result<Vec<KeySchemaElement>, Fault> {
    let element = |attribute: Attribute, kind| {
        KeySchemaElement::builder()
            .attribute_name(attribute.name())
            .key_type(kind)
            .build()
            .map_err(|error| invalid(CREATE, error))
    };
    let sort = sort.map(|sort| element(sort, KeyType::Range));
    [Some(element(partition, KeyType::Hash)), sort].into_iter().flatten().collect()
}

/// Each attribute that is in any key, once.
fn definitions(spec: &TableSpec) -> Result<Vec<AttributeDefinition>, Fault> {
    let mut names = BTreeSet::new();
    [Some(spec.partition), spec.sort]
        .into_iter()
        .flatten()
        .chain(spec.indexes.iter().flat_map(|index| [index.partition, index.sort]))
        .filter(|attribute| names.insert(attribute.name()))
        .map(|attribute| {
            let kind = match attribute {
                Attribute::Text(_) => ScalarAttributeType::S,
                Attribute::Number(_) => ScalarAttributeType::N,
            };
            let definition = AttributeDefinition::builder().attribute_name(attribute.name()).attribute_type(kind);
            definition.build().map_err(|error| invalid(CREATE, error))
        })
        .collect()
}
