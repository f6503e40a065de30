//! Search of products: by words of what they are called, are described as and are to be found by, in Japanese, which has no
//! spaces between words, and in languages that have them.
//!
//! - [`fold`]: what looks the same is the same text. [`words`]: what a row keeps of a product. [`typos`]: what a word was
//!   meant to be. [`query`]: what is asked for. All of them pure.
//! - [`find`]: the products, by relevance, with `facets` of all that was found. [`correct`]: words next to those that nothing
//!   has; [`instead`]: those words, which [`place`], where a page begins, carries on. [`suggest`]: names by their beginnings.
//! - [`fill`]: brings words of rows up that another release wrote. [`http`]: how it is asked for.
//!
//! All of it stands in the products' own rows ([decision 69](../../../../docs/decisions/0069-search-is-an-index-of-the-rows.md)):
//! a row is found as soon as it is read, a deleted one by nobody, and every pod finds the same.

pub mod correct;
mod facets;
pub mod fill;
pub mod find;
pub mod fold;
pub mod http;
pub mod instead;
pub mod place;
pub mod query;
pub mod suggest;
pub mod typos;
pub mod words;
