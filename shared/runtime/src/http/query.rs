//! Parameters of the query string, read one by one; every fault is collected, so that one answer names them all.

use std::fmt::Display;

use actix_web::{HttpRequest, web};
use shotengai_contracts::api::as_of::AS_OF;
use shotengai_contracts::api::page::{DEFAULT_LIMIT, MAX_LIMIT, MIN_VERSION};
use shotengai_kernel::Moment;

use super::Problem;
use super::problem::Named;

/// A query string's pairs, and what is wrong with those read so far.
#[derive(Debug)]
pub struct QueryParameters {
    pairs: Vec<(String, String)>,
    faults: Vec<Named>,
}

impl QueryParameters {
    /// The parameters of these pairs.
    #[must_use]
    pub const fn new(pairs: Vec<(String, String)>) -> Self {
        Self { pairs, faults: Vec::new() }
    }

    /// The parameters of a request.
    ///
    /// # Errors
    /// [`Problem::bad_request`] where the query string can't be read.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        web::Query::<Vec<(String, String)>>::from_query(request.query_string())
            .map(|pairs| Self::new(pairs.into_inner()))
            .map_err(|_| Problem::bad_request("the query string can't be read"))
    }

    /// Notes a fault of a parameter.
    pub fn fault(&mut self, name: &str, why: impl Display) {
        self.faults.push(Named::parameter(name, format!("{name} {why}")));
    }

    /// A parameter that may be given once.
    pub fn one(&mut self, name: &str) -> Option<String> {
        let mut values = self.all(name).map(str::to_owned);
        let (first, second) = (values.next(), values.next());
        drop(values);
        if second.is_some() {
            self.fault(name, "must be given once");
        }
        first
    }

    /// A parameter that may be given more than once.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
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

    /// `as_of`: the moment that is shown.
    pub fn as_of(&mut self) -> Option<Moment> {
        let text = self.one(AS_OF.name)?;
        if self.all(MIN_VERSION.name).next().is_some() {
            self.fault(AS_OF.name, "goes without min_version: it is read from the events, which are never behind");
        }
        text.parse().map_err(|error| self.fault(AS_OF.name, error)).ok()
    }

    /// The faults of those that were read.
    #[must_use]
    pub fn faults(self) -> Vec<Named> {
        self.faults
    }

    /// Nothing, if those that were read are good.
    ///
    /// # Errors
    /// [`Problem::invalid_parameters`], which names each fault.
    pub fn finish(self) -> Result<(), Problem> {
        if self.faults.is_empty() { Ok(()) } else { Err(Problem::invalid_parameters(self.faults)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(pairs: &[(&str, &str)]) -> QueryParameters {
        QueryParameters::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn a_limit_is_from_1_to_100_and_20_unless_said() {
        for (text, wanted) in
            [("1", Some(1)), ("100", Some(100)), ("101", None), ("-1", None), ("1.5", None), ("", None)]
        {
            let mut parameters = parameters(&[("limit", text)]);
            let limit = parameters.limit();
            assert_eq!(parameters.faults().is_empty().then_some(limit), wanted, "{text}");
        }
        assert_eq!(parameters(&[]).limit(), 20);
    }

    #[test]
    fn what_was_is_not_waited_for() {
        let mut parameters = parameters(&[("as_of", "3"), ("min_version", "prod_1:4")]);
        parameters.as_of();
        let why = "as_of goes without min_version: it is read from the events, which are never behind";
        assert_eq!(parameters.faults(), [Named::parameter("as_of", why)]);
    }

    #[test]
    fn a_parameter_that_stands_twice_is_refused() {
        let mut parameters = parameters(&[("limit", "1"), ("limit", "2")]);
        parameters.limit();
        assert_eq!(parameters.faults(), [Named::parameter("limit", "limit must be given once")]);
    }
}
