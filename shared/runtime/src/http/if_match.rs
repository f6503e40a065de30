//! The header that says which version a change is meant for.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{HeaderMap, IF_MATCH};
use actix_web::{FromRequest, HttpRequest};
use shotengai_contracts::api::shared::PRECONDITION_REQUIRED;
use shotengai_kernel::{Precondition, Version};

use super::Problem;

/// The request's `If-Match`, where it has one. 400 unless it is a list of entity tags, or `*`.
///
/// A tag of ours begins with the version: `"3"`, or `"3.9f86d081"` as `ETag` says it, where the rest tells apart what was
/// shown of that version. Any other tag is nobody's, and so is a weak one (`W/"3"`), which compares unequal by RFC 9110.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfMatch(Option<Precondition>);

impl IfMatch {
    /// The precondition, if the request has one.
    #[must_use]
    pub fn into_inner(self) -> Option<Precondition> {
        self.0
    }

    /// The precondition, which this route can't do without.
    ///
    /// # Errors
    /// 428 where the request has none.
    pub fn needed(self) -> Result<Precondition, Problem> {
        let missing = "send If-Match with the ETag of what you have read, or with the version in double quotes";
        self.0.ok_or_else(|| Problem::of(&PRECONDITION_REQUIRED).detail(missing).at_header(IF_MATCH.as_str()))
    }
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(precondition(request.headers()).map(Self))
    }
}

fn precondition(headers: &HeaderMap) -> Result<Option<Precondition>, Problem> {
    let lines: Vec<_> = headers.get_all(IF_MATCH).collect();
    if lines.is_empty() {
        return Ok(None);
    }
    let lines: Option<Vec<&str>> = lines.into_iter().map(|line| line.to_str().ok()).collect();
    // Lines of one header are one list (RFC 9110, 5.3).
    let parsed = lines.and_then(|lines| parse(&lines.join(",")));
    let fault = || {
        Problem::bad_request("If-Match must be * or entity tags in double quotes, with commas between")
            .at_header(IF_MATCH.as_str())
    };
    parsed.map(Some).ok_or_else(fault)
}

fn parse(text: &str) -> Option<Precondition> {
    if text.trim() == "*" {
        return Some(Precondition::Any);
    }
    let (mut versions, mut tags, mut rest) = (Vec::new(), 0, text);
    loop {
        // Empty entries of a list mean nothing.
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return (tags > 0).then_some(Precondition::OneOf(versions));
        }
        let (weak, tag) = rest.strip_prefix("W/").map_or((false, rest), |tag| (true, tag));
        let (tag, behind) = tag.strip_prefix('"')?.split_once('"')?;
        if tag.contains([' ', '\t']) {
            return None;
        }
        rest = behind.trim_start_matches([' ', '\t']);
        if !(rest.is_empty() || rest.starts_with(',')) {
            return None;
        }
        tags += 1;
        versions.extend(version(tag).filter(|_| !weak));
    }
}

/// The version in a tag of ours.
fn version(tag: &str) -> Option<Version> {
    let number = tag.split_once('.').map_or(tag, |(number, _)| number);
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    number.parse().ok().filter(|_| is_number).map(Version::new)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn with(values: &[&str]) -> Result<Option<Precondition>, u16> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(IF_MATCH, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        precondition(&headers).map_err(|problem| problem.status().as_u16())
    }

    fn versions(numbers: &[u64]) -> Result<Option<Precondition>, u16> {
        Ok(Some(Precondition::OneOf(numbers.iter().copied().map(Version::new).collect())))
    }

    #[test]
    fn tags_are_read_in_every_form_that_http_has() {
        assert_eq!(with(&[]), Ok(None));
        assert_eq!(with(&[" * "]), Ok(Some(Precondition::Any)));
        assert_eq!(with(&["\"3\""]), versions(&[3]));
        assert_eq!(with(&["\"3.9f86d081\", ,\"4\" ", "\"5\""]), versions(&[3, 4, 5]));
    }

    #[test]
    fn a_tag_that_is_none_of_ours_is_of_no_version() {
        for tag in ["W/\"3\"", "\"\"", "\"abc\"", "\"a,b\"", "\"+3\"", "\"-3\"", "\"99999999999999999999\"", "\"*\""] {
            assert_eq!(with(&[tag]), versions(&[]), "{tag}");
        }
    }

    #[test]
    fn what_is_no_list_of_tags_is_refused() {
        for value in
            ["3", "\"3", "3\"", "\"3\" \"4\"", "*, \"3\"", "\"3\", *", "", ",", "w/\"3\"", "\"a b\"", "\"版\"x"]
        {
            assert_eq!(with(&[value]), Err(400), "{value}");
        }
        assert_eq!(with(&["*", "*"]), Err(400));
    }

    #[test]
    fn a_route_that_needs_one_says_how_to_get_it() {
        let problem = IfMatch(None).needed().unwrap_err();
        assert_eq!((problem.status().as_u16(), problem.slug()), (428, "precondition-required"));
        assert_eq!(IfMatch(Some(Precondition::Any)).needed().unwrap(), Precondition::Any);
    }
}
