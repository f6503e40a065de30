//! The parameters of a query, read one by one; every fault is collected, so that one answer names them all.

use std::fmt::Display;

use actix_web::HttpRequest;
use shotengai_contracts::api::page::MAX_MIN_VERSIONS;
use shotengai_contracts::events::OrderStage;
use shotengai_kernel::Moment;
use shotengai_runtime::Problem;
use shotengai_runtime::http::{Named, QueryParameters};

use crate::domain::order::stage;
use crate::languages::language;
use crate::page::{Cursor, Sorting};
use crate::versions::Expected;

/// A query string's pairs, and what is wrong with those read so far.
#[derive(Debug)]
pub struct Params(QueryParameters);

impl Params {
    /// The parameters of these pairs.
    #[must_use]
    pub const fn new(pairs: Vec<(String, String)>) -> Self {
        Self(QueryParameters::new(pairs))
    }

    /// The parameters of a request.
    ///
    /// # Errors
    /// A [`Problem`] where the query string can't be read.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        QueryParameters::of(request).map(Self)
    }

    pub(crate) fn fault(&mut self, name: &str, why: impl Display) {
        self.0.fault(name, why);
    }

    pub(crate) fn one(&mut self, name: &str) -> Option<String> {
        self.0.one(name)
    }

    /// `limit`: how many entries a page has.
    pub fn limit(&mut self) -> u32 {
        self.0.limit()
    }

    /// `sort` and `cursor`: in which order the list is, and where the page begins.
    pub fn place<S: Sorting>(&mut self) -> (S, Option<Cursor<S>>) {
        let sort = match self.one("sort").map(|name| S::ALL.iter().copied().find(|known| known.name() == name)) {
            None => S::usual(),
            Some(Some(sort)) => sort,
            Some(None) => {
                let known: Vec<_> = S::ALL.iter().map(|known| known.name()).collect();
                self.fault("sort", format_args!("must be one of {}", known.join(", ")));
                S::usual()
            }
        };
        let Some(cursor) = self.one("cursor") else { return (sort, None) };
        let cursor = Cursor::parse(&cursor, sort).map_err(|error| self.fault("cursor", error)).ok();
        (sort, cursor)
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

    /// `as_of`: the moment that is shown.
    pub fn as_of(&mut self) -> Option<Moment> {
        self.0.as_of()
    }

    /// Nothing, if those that were read are good.
    ///
    /// # Errors
    /// A [`Problem`] that names each fault.
    pub fn finish(self) -> Result<(), Problem> {
        self.0.finish()
    }

    /// Every `min_version`: what the caller knows to have happened.
    pub fn min_versions(&mut self) -> Vec<Expected> {
        const NAME: &str = "min_version";
        let values: Vec<_> = self.0.all(NAME).map(str::parse).collect();
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
        self.0.faults()
    }
}

#[cfg(test)]
mod tests {
    use shotengai_contracts::api::filters::ProductSort;
    use shotengai_kernel::Currency;

    use super::*;
    use crate::filters::ProductFilter;

    fn params(pairs: &[(&str, &str)]) -> Params {
        Params::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn every_bad_parameter_is_named() {
        let mut params = params(&[
            ("limit", "0"),
            ("cursor", "x"),
            ("status", "lost"),
            ("min_version", "prod_1"),
            ("lang", "?"),
            ("sort", "lost"),
            ("category", "A"),
            ("min_price", "-1"),
            ("max_price", "much"),
            ("in_stock", "yes"),
        ]);
        params.limit();
        assert_eq!(params.place(), (ProductSort::Oldest, None));
        params.status();
        params.min_versions();
        params.lang();
        assert_eq!(ProductFilter::read(&mut params, Currency::JPY), ProductFilter::default());
        let faults = params.faults();
        let wanted = [
            "limit must",
            "sort must",
            "cursor must",
            "status must",
            "min_version must",
            "lang must",
            "category must",
            "min_price must",
            "max_price must",
            "in_stock must",
        ];
        assert_eq!(faults.len(), wanted.len());
        for (name, fault) in wanted.iter().zip(faults) {
            assert!(format!("{fault:?}").contains(name), "{name} in {fault:?}");
        }
    }
}
