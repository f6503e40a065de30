//! Values of the chart, made of the outputs of a stack: what is where, and which IAM role is whose.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::stack::Trust;

/// Values of the chart that a stack determines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartValues {
    region: String,
    prefix: String,
    stream: String,
    bucket: Option<String>,
    archive_bucket: Option<String>,
    publish: String,
    stream_read: String,
    trust: Trust,
    /// The ARN of the IAM role, by service.
    roles: BTreeMap<String, String>,
}

/// Why outputs make no values.
#[derive(Debug, thiserror::Error)]
pub enum OutputsError {
    /// No JSON.
    #[error("it is no JSON document")]
    NotJson(#[source] serde_json::Error),
    /// Neither of the known shapes.
    #[error(
        "it has no outputs: neither those of `aws cloudformation describe-stacks` nor those of `terraform output -json`"
    )]
    NoOutputs,
    /// Several stacks.
    #[error("it has {0} stacks: name one, with --stack-name")]
    ManyStacks(usize),
    /// What every stack of ours has.
    #[error("it lacks {}: it is no stack that `provision --emit` describes", .0.join(", "))]
    Lacks(Vec<&'static str>),
    /// A text that would not be one in a values file.
    #[error("{0} has a value that no stack of ours has")]
    Strange(String),
}

impl ChartValues {
    /// The values of these outputs, as either tool prints them.
    ///
    /// # Errors
    /// [`OutputsError`].
    pub fn of_outputs(text: &str) -> Result<Self, OutputsError> {
        let document: Value = serde_json::from_str(text).map_err(OutputsError::NotJson)?;
        let mut outputs = read(&document)?;
        if let Some((name, _)) = outputs.iter().find(|(_, text)| !is_plain(text)) {
            return Err(OutputsError::Strange(name.clone()));
        }
        let mut lacks = Vec::new();
        let mut take = |name: &'static str| {
            outputs.remove(&key(name)).unwrap_or_else(|| {
                lacks.push(name);
                String::new()
            })
        };
        let (region, stream, publish) = (take("Region"), take("StreamName"), take("Publish"));
        let (stream_read, trust) = (take("StreamRead"), take("Trust"));
        let prefix = outputs.remove(&key("ResourcePrefix")).unwrap_or_default();
        let bucket = outputs.remove(&key("ImageBucket"));
        let archive_bucket = outputs.remove(&key("ArchiveBucket"));
        let roles: BTreeMap<String, String> = outputs
            .into_iter()
            .filter_map(|(name, arn)| Some((name.strip_suffix("rolearn")?.to_owned(), arn)))
            .collect();
        if roles.is_empty() {
            lacks.push("OrderRoleArn and its like");
        }
        if !lacks.is_empty() {
            return Err(OutputsError::Lacks(lacks));
        }
        let trust = [Trust::PodIdentity, Trust::Irsa].into_iter().find(|known| known.as_str() == trust);
        let trust = trust.ok_or_else(|| OutputsError::Strange("Trust".to_owned()))?;
        Ok(Self { region, prefix, stream, bucket, archive_bucket, publish, stream_read, trust, roles })
    }

    /// As a file of values, to be given beside one's own.
    #[must_use]
    pub fn yaml(&self) -> String {
        let mut out = String::from(
            "# Made by `shotengai provision --emit values` of a stack's outputs; make it anew when the stack changes.\n",
        );
        let mut line = |depth: usize, text: &str| {
            // Writing into a text can't fail.
            writeln!(out, "{:1$}{text}", "", depth * 2).ok();
        };
        line(0, "aws:");
        line(1, &format!("region: {}", self.region));
        if !self.prefix.is_empty() {
            line(1, &format!("resourcePrefix: {}", quoted(&self.prefix)));
        }
        line(1, &format!("stream: {}", quoted(&self.stream)));
        if let Some(bucket) = &self.bucket {
            line(1, &format!("imageBucket: {}", quoted(bucket)));
        }
        if let Some(bucket) = &self.archive_bucket {
            line(1, &format!("archiveBucket: {}", quoted(bucket)));
        }
        line(1, &format!("podIdentity: {}", self.trust == Trust::PodIdentity));
        line(0, &format!("publish: {}", self.publish));
        line(0, "# The stack has made everything, and only the stack changes it.");
        line(0, "provision: {enabled: false}");
        let settings = |role: &str| match role {
            "catalog" if self.bucket.is_none() => Some("settings: {IMAGES: \"off\"}".to_owned()),
            // There is one where there is an archive.
            "archiver" => Some("enabled: true".to_owned()),
            "bridge" if self.stream_read == "push" => Some("settings: {STREAM_READ: push}".to_owned()),
            _ => None,
        };
        let annotated = self.trust == Trust::Irsa;
        if annotated || self.roles.keys().any(|role| settings(role).is_some()) {
            line(0, "roles:");
        }
        for (role, arn) in &self.roles {
            let told = settings(role);
            if !annotated && told.is_none() {
                continue;
            }
            line(1, &format!("{role}:"));
            if annotated {
                let annotation = format!("{{eks.amazonaws.com/role-arn: {}}}", quoted(arn));
                line(2, &format!("serviceAccount: {{annotations: {annotation}}}"));
            }
            if let Some(settings) = told {
                line(2, &settings);
            }
        }
        out
    }
}

/// Names are compared without case and underscores: one tool writes `ImageBucket`, the other `image_bucket`.
fn key(name: &str) -> String {
    name.to_ascii_lowercase().replace('_', "")
}

fn read(document: &Value) -> Result<BTreeMap<String, String>, OutputsError> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let stacks = document.get("Stacks").and_then(Value::as_array);
    if let Some(several) = stacks.filter(|stacks| stacks.len() > 1) {
        return Err(OutputsError::ManyStacks(several.len()));
    }
    let of_stack = stacks.and_then(|stacks| stacks.first()?.get("Outputs"));
    // What `--query Stacks[0].Outputs` leaves of it, too.
    let found: BTreeMap<String, String> = match of_stack.unwrap_or(document) {
        Value::Array(outputs) => outputs
            .iter()
            .filter_map(|output| Some((key(output.get("OutputKey")?.as_str()?), text(output.get("OutputValue")?)?)))
            .collect(),
        Value::Object(outputs) => {
            outputs.iter().filter_map(|(name, output)| Some((key(name), text(output.get("value")?)?))).collect()
        }
        _ => BTreeMap::new(),
    };
    if found.is_empty() { Err(OutputsError::NoOutputs) } else { Ok(found) }
}

/// Names, regions and ARNs: nothing that means something in YAML behind quotes.
fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:".contains(c)) && text.len() <= 2048
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}
