//! The parameters of a query, read one by one; every fault is collected, so that one answer names them all.

use std::fmt::Display;
use std::str::FromStr;

use shotengai_contracts::api::page::{DEFAULT_LIMIT, MAX_LIMIT, MAX_MIN_VERSIONS};
use shotengai_contracts::events::OrderStage;
use shotengai_kernel::IdError;
use shotengai_runtime::http::Named;

use crate::domain::order::stage;
use crate::languages::language;
use crate::page::Cursor;
use crate::versions::Expected;

/// A query string's pairs, and what is wrong with those read so far.
#[derive(Debug)]
pub struct Params {
    pairs: Vec<(String, String)>,
    faults: Vec<Named>,
}

impl Params {
    /// The parameters of these pairs.
    #[must_use]
    pub const fn new(pairs: Vec<(String, String)>) -> Self {
        Self { pairs, faults: Vec::new() }
    }

    fn fault(&mut self, name: &str, why: impl Display) {
        self.faults.push(Named::parameter(name, format!("{name} {why}")));
    }

    fn one(&mut self, name: &str) -> Option<String> {
        let mut values = self.pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone());
        let (first, second) = (values.next(), values.next());
        drop(values);
        if second.is_some() {
            self.fault(name, "must be given once");
        }
        first
    }

    /// `limit`: how many entries a page has.
    pub fn limit(&mut self) -> u32 {
        let Some(text) = self.one("limit") else { return DEFAULT_LIMIT };
        match text.parse() {
            Ok(limit) if (1..=MAX_LIMIT).contains(&limit) => limit,
            _ => {
                self.fault("limit", format_args!("must be a whole number from 1 to {MAX_LIMIT}"));
                DEFAULT_LIMIT
            }
        }
    }

    /// `cursor`: where the page begins.
    pub fn cursor<Id: FromStr<Err = IdError>>(&mut self) -> Option<Cursor<Id>> {
        let parsed = self.one("cursor")?.parse();
        parsed.map_err(|error| self.fault("cursor", error)).ok()
    }

    /// `status`: only orders that have come so far.
    pub fn status(&mut self) -> Option<OrderStage> {
        let status = stage(&self.one("status")?);
        if status.is_none() {
            self.fault("status", "must be pending, confirmed, paid, shipped or cancelled");
        }
        status
    }

    /// `lang`: in which language names are wanted.
    pub fn lang(&mut self) -> Option<String> {
        let text = self.one("lang")?;
        let language = language(&text);
        if language.is_none() {
            self.fault("lang", "must be a language such as en");
        }
        language
    }

    /// `key`: what a link to an order is signed with.
    pub fn key(&mut self) -> Option<String> {
        self.one("key")
    }

    /// Every `min_version`: what the caller knows to have happened.
    pub fn min_versions(&mut self) -> Vec<Expected> {
        const NAME: &str = "min_version";
        let values: Vec<_> = self.pairs.iter().filter(|(key, _)| key == NAME).map(|(_, value)| value.parse()).collect();
        if values.len() > MAX_MIN_VERSIONS {
            self.fault(NAME, format_args!("must be given {MAX_MIN_VERSIONS} times at the most"));
            return Vec::new();
        }
        let mut expected = Vec::new();
        for value in values {
            match value {
                Ok(value) => expected.push(value),
                Err(error) => self.fault(NAME, error),
            }
        }
        expected
    }

    /// What was wrong with those that were read.
    #[must_use]
    pub fn faults(self) -> Vec<Named> {
        self.faults
    }
}

#[cfg(test)]
mod tests {
    use shotengai_kernel::ProductId;

    use super::*;

    fn params(pairs: &[(&str, &str)]) -> Params {
        Params::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn every_bad_parameter_is_named() {
        let mut params =
            params(&[("limit", "0"), ("cursor", "x"), ("status", "lost"), ("min_version", "prod_1"), ("lang", "?")]);
        params.limit();
        assert!(params.cursor::<ProductId>().is_none());
        params.status();
        params.min_versions();
        params.lang();
        let faults = params.faults();
        let wanted = ["limit must", "cursor must", "status must", "min_version must", "lang must"];
        assert_eq!(faults.len(), wanted.len());
        for (name, fault) in wanted.iter().zip(faults) {
            assert!(format!("{fault:?}").contains(name), "{name} in {fault:?}");
        }
    }

    #[test]
    fn a_limit_is_from_1_to_100_and_20_unless_said() {
        for (text, wanted) in
            [("1", Some(1)), ("100", Some(100)), ("101", None), ("-1", None), ("1.5", None), ("", None)]
        {
            let mut params = params(&[("limit", text)]);
            let limit = params.limit();
            assert_eq!(params.faults().is_empty().then_some(limit), wanted, "{text}");
        }
        assert_eq!(params(&[]).limit(), 20);
    }

    #[test]
    fn a_parameter_that_stands_twice_is_refused() {
        let mut params = params(&[("limit", "1"), ("limit", "2")]);
        params.limit();
        assert_eq!(params.faults(), [Named::parameter("limit", "limit must be given once")]);
    }
}
