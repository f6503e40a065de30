//! What an account says of itself when it makes the stack.

use super::{Capacity, StackOptions, Trust};

/// A parameter. Each is a text; one that is a number says so.
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    /// None: it has to be given.
    pub(super) default: Option<&'static str>,
    pub(super) is_number: bool,
    pub(super) pattern: Option<&'static str>,
}

const fn text(name: &'static str, description: &'static str, default: Option<&'static str>) -> Parameter {
    Parameter { name, description, default, is_number: false, pattern: None }
}

const fn number(name: &'static str, description: &'static str, default: &'static str) -> Parameter {
    Parameter { name, description, default: Some(default), is_number: true, pattern: None }
}

pub(super) fn of(choices: StackOptions) -> Vec<Parameter> {
    let mut all = vec![
        text("AlarmTopicArn", "ARN of the SNS topic that alarms go to; empty: they are shown only", Some("")),
        text("Namespace", "Kubernetes namespace of the pods", Some("shotengai")),
        text(
            "ServiceAccountPrefix",
            "What the names of the pods' service accounts begin with: the chart's release",
            Some("shotengai"),
        ),
    ];
    match choices.trust {
        Trust::PodIdentity => all.push(text(
            "ClusterName",
            "EKS cluster whose pods become the roles; empty: associations are made elsewhere",
            Some(""),
        )),
        Trust::Irsa => all.push(Parameter {
            pattern: Some("^[A-Za-z0-9][A-Za-z0-9./:_-]*$"),
            ..text("OidcProvider", "The cluster's OpenID Connect issuer, without https://", None)
        }),
    }
    if choices.capacity == Capacity::Provisioned {
        all.extend([
            number("TableReadsAtLeast", "Read units a second of each table and index, at least", "5"),
            number("TableReadsAtMost", "Read units a second of each table and index, at the most", "1000"),
            number("TableWritesAtLeast", "Write units a second of each table and index, at least", "5"),
            number("TableWritesAtMost", "Write units a second of each table and index, at the most", "1000"),
        ]);
    }
    all
}

/// Whether a text refers to a parameter by this.
pub(super) fn is_one(name: &str) -> bool {
    [Trust::PodIdentity, Trust::Irsa]
        .into_iter()
        .any(|trust| of(StackOptions { trust, capacity: Capacity::Provisioned }).iter().any(|known| known.name == name))
}
