//! Search of products.

use schemars::{JsonSchema, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Number;
use shotengai_kernel::ProductId;

use super::filters::{CATEGORY, IN_STOCK, MAX_PRICE, MIN_PRICE};
use super::listed::Listed;
use super::page::{CURSOR, LIMIT, MIN_VERSION, NOT_CAUGHT_UP};
use super::parameter::{ACCEPT_LANGUAGE, IF_NONE_MATCH, Parameter};
use super::position::POSITION;
use super::products::{LANG, Product};
use super::{Anyone, Route};
use crate::topology::Service;

const TAG: &str = "products";
/// For everybody, but never older than the read model.
const NO_CACHE: &str = "no-cache";

/// Products by words.
pub const SEARCH_PRODUCTS: Route<Anyone, (), (), FoundProducts> =
    Route::get("/search/products", Service::QUERY, "searchProducts")
        .about(
            TAG,
            "Search products",
            "Products on sale that have every word of `q` in their names, categories, descriptions or `search_text`, in any language: \
             Japanese anywhere within a text, words of other scripts by their beginning, a single character in names, categories and \
             `search_text` alone. Width, kana, capitals, accents and hyphens make no \
             difference. The most relevant first: names before other texts. Where nothing has the words, those next to them are \
             searched for, and `corrected` names them. Counts are of all that was found, with the filters.",
        )
        .cached(NO_CACHE)
        .tagged()
        .reads(&[
            &Q,
            &CATEGORY,
            &MIN_PRICE,
            &MAX_PRICE,
            &IN_STOCK,
            &LIMIT,
            &CURSOR,
            &LANG,
            &MIN_VERSION,
            &POSITION,
            &ACCEPT_LANGUAGE,
            &IF_NONE_MATCH,
        ])
        .refuses(&[&NOT_CAUGHT_UP]);

/// Names of products by their beginning.
pub const SUGGEST_PRODUCTS: Route<Anyone, (), (), Suggestions> =
    Route::get("/search/suggestions", Service::QUERY, "suggestProducts")
        .about(
            TAG,
            "Names that begin with what was typed so far",
            "Of products on sale, in any language; those that begin with it before those with a word that does, short ones first.",
        )
        .cached(NO_CACHE)
        .tagged()
        .reads(&[&Q, &LIMIT, &MIN_VERSION, &POSITION, &IF_NONE_MATCH])
        .refuses(&[&NOT_CAUGHT_UP]);

/// The longest text that is searched for, in characters.
pub const LONGEST_QUERY: usize = 200;

/// The most products that one search ranks and counts.
pub const MOST_RANKED: u32 = 2_000;

/// What is searched for.
pub const Q: Parameter = Parameter::query(
    "q",
    "What is searched for: words with spaces between, of which a product has each. The first sixteen count.",
    |_| json_schema!({ "type": "string", "minLength": 1, "maxLength": LONGEST_QUERY }),
    "kinoko",
);

/// A page of the products that were found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{
    "items": [{
        "product_id": "prod_kinoko", "name": "きのこの山", "description": "Chocolate caps on crackers.", "price": 200,
        "currency": "JPY", "stock": 99, "images": [], "version": 1
    }],
    "next_cursor": null, "total": 1, "complete": true,
    "facets": {
        "categories": [{ "category": "sweets", "count": 1 }],
        "prices": [{ "min_price": 200, "max_price": 499, "count": 1 }],
        "stock": { "in_stock": 1, "out_of_stock": 0 }
    }
}]))]
pub struct FoundProducts {
    /// The products, the most relevant first.
    pub items: Vec<Listed<Product>>,
    /// Where the next page begins; null at the end. Send it back unchanged as `cursor`.
    pub next_cursor: Option<String>,
    /// How many products were found.
    pub total: u64,
    /// Whether those are all. Of more than 2,000 the rest is neither listed nor counted; of words that more than 20,000 products may
    /// have, only 20,000 products are gone through, by id. More words, or a filter, find fewer.
    pub complete: bool,
    /// What was searched for instead, because nothing has what was asked for; on the next pages the same. Absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub corrected: Option<String>,
    /// How many of all that were found each filter would leave.
    pub facets: Facets,
}

/// How many of the products that were found each filter would leave.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Facets {
    /// By category, and by those that it is in: the fifty with the most products, the most first.
    pub categories: Vec<CategoryCount>,
    /// By price, in ranges of which each has a product. What is priced in another currency than the street's is in none.
    pub prices: Vec<PriceCount>,
    /// By stock.
    pub stock: StockCount,
}

/// Products of a category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CategoryCount {
    /// The category, as the filter takes it.
    pub category: String,
    /// How many are in it.
    pub count: u64,
}

/// Products within a range of prices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PriceCount {
    /// The lowest price of the range, in major units, as the filter takes it.
    pub min_price: Number,
    /// The highest price of the range; null for no end.
    pub max_price: Option<Number>,
    /// How many are within it.
    pub count: u64,
}

/// Products by whether they can be ordered now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StockCount {
    /// How many can.
    pub in_stock: u64,
    /// How many can't.
    pub out_of_stock: u64,
}

/// Names that begin with what was typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{ "items": [{ "text": "きのこの山", "product_id": "prod_kinoko" }] }]))]
pub struct Suggestions {
    /// The names, each once.
    pub items: Vec<Suggestion>,
}

/// A name, and a product that is called so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Suggestion {
    /// The name, in the language that was typed.
    pub text: String,
    /// A product of that name.
    pub product_id: ProductId,
}
