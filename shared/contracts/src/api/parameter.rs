//! Parameters of the query string, and headers of requests.

use schemars::{Schema, SchemaGenerator, json_schema};

/// Where a parameter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// In the path, behind the id. Always there.
    Path,
    /// In the query string.
    Query,
    /// In a header of the request.
    Header,
    /// In a cookie. Browsers send it by themselves, so a page that makes one send it has to be one of the shop's own.
    Cookie,
}

/// A parameter that a request may have; none is required, but for those in the path and [`super::search::Q`].
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Where it stands.
    pub location: Location,
    /// What it is called.
    pub name: &'static str,
    /// What it means.
    pub description: &'static str,
    /// How often it may be given, where that is more than once.
    pub repeats: Option<usize>,
    /// Its form.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
    /// A value that has this form.
    pub example: &'static str,
}

impl Parameter {
    /// A parameter of the query string, given once.
    #[must_use]
    pub const fn query(
        name: &'static str,
        description: &'static str,
        schema: fn(&mut SchemaGenerator) -> Schema,
        example: &'static str,
    ) -> Self {
        Self { location: Location::Query, name, description, repeats: None, schema, example }
    }
}

/// The cookie by which access tokens are renewed.
pub const REFRESH_TOKEN: Parameter = Parameter {
    location: Location::Cookie,
    name: "refresh_token",
    description: "What a sign-in, or the refresh before, set. It is good once.",
    repeats: None,
    schema: |_| json_schema!({ "type": "string" }),
    example: "usr_1.019acb5c36b4700088f1a1f7d7f2b0c4.c2VjcmV0",
};

/// The cookie by which a device is known that has signed in before.
pub const DEVICE: Parameter = Parameter {
    location: Location::Cookie,
    name: "device",
    description: "What a sign-in set: others' wrong passwords don't slow this device down.",
    repeats: None,
    schema: |_| json_schema!({ "type": "string" }),
    example: "019acb5c36b4700088f1a1f7d7f2b0c4.c2lnbmF0dXJl",
};

/// The header that makes a repeated request the same request.
pub const IDEMPOTENCY_KEY: Parameter = Parameter {
    location: Location::Header,
    name: "Idempotency-Key",
    description: "Makes a repeated request the same request: it is done once, and answered as the first time. \
                  1 to 255 visible ASCII characters; choose a new one for each new wish.",
    repeats: None,
    schema: |_| json_schema!({ "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" }),
    example: "2f1c4a7e-wish-1",
};

/// The header that says which version a change is meant for.
pub const IF_MATCH: Parameter = Parameter {
    location: Location::Header,
    name: "If-Match",
    description: "Which version the change is meant for: the `ETag` of what you have read, or the `version` that a command \
                  answered in double quotes; several with commas between, or `*` for any. Without it: 428 \
                  `precondition-required`; with another than the current one: 412 `precondition-failed`.",
    repeats: None,
    schema: |_| json_schema!({ "type": "string" }),
    example: "\"3\"",
};

/// The header that says what a client has kept of earlier answers.
pub const IF_NONE_MATCH: Parameter = Parameter {
    location: Location::Header,
    name: "If-None-Match",
    description: "The `ETag` of an answer that you have kept; several with commas between. While it is what would be shown, the \
                  answer is 304 without a body. What is no list of tags is looked over.",
    repeats: None,
    schema: |_| json_schema!({ "type": "string" }),
    example: "\"3.9f86d081884c7d65\"",
};

/// The header that chooses a guest's language where the body doesn't.
pub const ACCEPT_LANGUAGE: Parameter = Parameter {
    location: Location::Header,
    name: "Accept-Language",
    description: "Which languages are preferred, where nothing else says it. A hint: it is never refused.",
    repeats: None,
    schema: |_| json_schema!({ "type": "string" }),
    example: "en, ja;q=0.8",
};

#[cfg(test)]
mod tests {
    use super::super::{Method, PUBLIC};

    #[test]
    fn a_read_that_says_what_it_shows_is_asked_for_only_if_it_differs() {
        let specs = PUBLIC.iter().map(|route| route.spec());
        let (tagged, conditional): (Vec<_>, Vec<_>) =
            specs.filter(|spec| spec.method == Method::Get).map(|spec| (spec.has_etag, spec.is_conditional())).unzip();
        assert_eq!(tagged, conditional);
        assert!(tagged.contains(&true));
    }

    #[test]
    fn nothing_else_takes_the_header() {
        for spec in PUBLIC.iter().map(|route| route.spec()).filter(|spec| spec.method != Method::Get) {
            assert!(!spec.is_conditional(), "{}", spec.name);
        }
    }
}
