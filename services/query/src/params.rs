//! The parameters of a query, read one by one; every fault is collected, so that one answer names them all.

use std::fmt::Display;

use actix_web::HttpRequest;
use shotengai_contracts::api::page::MAX_MIN_VERSIONS;
use shotengai_contracts::api::position;
use shotengai_contracts::events::OrderStage;
use shotengai_kernel::{CartId, Moment};
use shotengai_runtime::Problem;
use shotengai_runtime::http::{Named, POSITION_HEADER, QueryParameters};

use crate::domain::order::stage;
use crate::languages::language;
use crate::page::{Cursor, Sorting};
use crate::versions::{Expected, ExpectedError};

/// A query string's pairs, and what is wrong with those read so far.
#[derive(Debug)]
pub struct Params {
    pairs: QueryParameters,
    /// The lines of the header that says what commands have moved.
    positions: Vec<String>,
    header_faults: Vec<Named>,
    /// Whether carts are waited for that the header names.
    with_carts: bool,
}

impl Params {
    /// The parameters of these pairs.
    #[must_use]
    pub const fn new(pairs: Vec<(String, String)>) -> Self {
        Self { pairs: QueryParameters::new(pairs), positions: Vec::new(), header_faults: Vec::new(), with_carts: false }
    }

    /// The parameters of a request.
    ///
    /// # Errors
    /// A [`Problem`] where the query string can't be read.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        // Lines of one header are one list (RFC 9110, 5.3). What is no text is no position either.
        let lines = request.headers().get_all(POSITION_HEADER);
        let positions = lines.map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned()).collect();
        Ok(Self { pairs: QueryParameters::of(request)?, positions, header_faults: Vec::new(), with_carts: false })
    }

    pub(crate) fn fault(&mut self, name: &str, why: impl Display) {
        self.pairs.fault(name, why);
    }

    pub(crate) fn one(&mut self, name: &str) -> Option<String> {
        self.pairs.one(name)
    }

    /// All values of a parameter that may be given more than once.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        self.pairs.all(name).map(str::to_owned).collect()
    }

    /// `limit`: how many entries a page has.
    pub fn limit(&mut self) -> u32 {
        self.pairs.limit()
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

    /// A whole number, 0 at least.
    pub(crate) fn whole(&mut self, name: &str) -> Option<i64> {
        let number = self.one(name)?.parse().ok().filter(|number| *number >= 0);
        if number.is_none() {
            self.fault(name, "must be a whole number, 0 at least");
        }
        number
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
        self.pairs.as_of()
    }

    /// Has carts waited for that the header names: what is read may be behind them.
    pub fn wait_for_carts(&mut self) {
        self.with_carts = true;
    }

    /// Nothing, if those that were read are good.
    ///
    /// # Errors
    /// A [`Problem`] that names each fault.
    pub fn finish(self) -> Result<(), Problem> {
        self.pairs.finish()
    }

    /// What the caller knows to have happened: each `min_version`, and what the header [`position`] names.
    pub fn min_versions(&mut self) -> Vec<Expected> {
        const NAME: &str = "min_version";
        let values: Vec<_> = self.pairs.all(NAME).map(str::parse).collect();
        let positions: Vec<_> = self.positions.iter().flat_map(|line| line.split(',')).map(str::trim).collect();
        // Empty entries of a list mean nothing.
        let positions: Vec<_> = positions
            .into_iter()
            .filter(|entry| !entry.is_empty())
            .map(|entry| moved(entry, self.with_carts))
            .collect();
        if values.len() > MAX_MIN_VERSIONS {
            self.fault(NAME, format_args!("must be given {MAX_MIN_VERSIONS} times at the most"));
            return Vec::new();
        }
        if positions.len() > MAX_MIN_VERSIONS {
            self.header_fault(format_args!("must name {MAX_MIN_VERSIONS} at the most"));
            return Vec::new();
        }
        let mut expected = Vec::new();
        for value in values {
            match value {
                Ok(value) => expected.push(value),
                Err(error) => self.fault(NAME, error),
            }
        }
        for position in positions {
            match position {
                Ok(position) => expected.extend(position),
                Err(ExpectedError) => self.header_fault("must be what commands answered, with commas between"),
            }
        }
        expected
    }

    fn header_fault(&mut self, why: impl Display) {
        self.header_faults.push(Named::header(position::NAME, format!("{} {why}", position::NAME)));
    }

    /// What was wrong with those that were read.
    #[must_use]
    pub fn faults(self) -> Vec<Named> {
        self.pairs.faults().into_iter().chain(self.header_faults).collect()
    }
}

/// What a position is waited for as; none for a cart, but where carts are listed: one's own is read where it is written, and so
/// never behind.
fn moved(text: &str, with_carts: bool) -> Result<Option<Expected>, ExpectedError> {
    let expected: Expected = text.parse()?;
    let is_cart = CartId::parse(expected.id.as_str()).is_ok();
    Ok(Some(expected).filter(|_| with_carts || !is_cart))
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
    fn positions_are_waited_for_like_versions() {
        let with = |pairs: &[(&str, &str)], lines: &[&str]| {
            let mut params = params(pairs);
            params.positions = lines.iter().map(|line| (*line).to_owned()).collect();
            let expected = params.min_versions();
            let expected: Vec<_> = expected.iter().map(|it| format!("{}:{}", it.id, it.version)).collect();
            (expected.join(" "), params.faults().len())
        };
        let one = [("min_version", "prod_1:1")];
        assert_eq!(
            with(&one, &["ord_1:2, stock/prod_1:3", ",cart_1:4,"]),
            ("prod_1:1 ord_1:2 stock/prod_1:3".to_owned(), 0)
        );
        let ten = "prod_2:1,".repeat(10);
        assert_eq!(with(&one, &[&ten]).1, 0);
        assert_eq!(with(&one, &[&ten, "cart_1:1"]), (String::new(), 1));
        for bad in ["prod_1", "prod_1:x", "cart_1:x", "usr_1:1", "prod_1:1;ord_1:1", "\u{fffd}"] {
            assert_eq!(with(&[], &[bad]), (String::new(), 1), "{bad}");
        }
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
