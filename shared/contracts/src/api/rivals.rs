//! Which two products the live page sets against each other.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shotengai_kernel::{ProductId, Version};

use super::parameter::{IF_MATCH, IF_NONE_MATCH};
use super::shared::{PRECONDITION_FAILED, PRECONDITION_REQUIRED};
use super::{Administrator, Anyone, ProblemType, Route};
use crate::topology::Service;

const ROLE: Service = Service::TALLY;
const TAG: &str = "tally";

/// The two rivals.
pub const TALLY_RIVALS: Route<Anyone, (), (), Rivals> = Route::get("/tally/rivals", ROLE, "getTallyRivals")
    .about(
        TAG,
        "The two rivals",
        "Which two products the live page sets against each other. Nobody has chosen yet where `version` is 0.",
    )
    .cached("no-cache")
    .tagged()
    .reads(&[&IF_NONE_MATCH]);

/// Chooses the two rivals.
pub const CHANGE_RIVALS: Route<Administrator, (), ChooseRivals, Rivals> =
    Route::put("/tally/rivals", ROLE, "changeTallyRivals")
        .about(
            TAG,
            "Choose the two rivals",
            "Any two products, at the version that `If-Match` names. Where these two are it already, nothing happens, whatever \
             it names: a change may be sent again. Pages that are open show them within a minute. Whether there are such \
             products is not asked: one that is not on sale yet, or no longer, is shown with what was sold of it.",
        )
        .tagged()
        .reads(&[&IF_MATCH])
        .refuses(&[&RIVALS_ALIKE, &PRECONDITION_REQUIRED, &PRECONDITION_FAILED]);

/// The rivals where nobody has chosen any, first and second.
pub const DEFAULT_RIVALS: [&str; 2] = ["prod_kinoko", "prod_takenoko"];

/// The two rivals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{ "first": "prod_kinoko", "second": "prod_takenoko", "version": 0 }]))]
pub struct Rivals {
    /// On the left.
    pub first: ProductId,
    /// On the right.
    pub second: ProductId,
    /// How often they were chosen. `ETag` and `If-Match` have it, too.
    pub version: Version,
}

// They are read from where they are written: nothing has to catch up.
crate::moves_nothing!(Rivals);

/// Two products that are to be rivals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "first": "prod_ramune", "second": "prod_senbei" }]))]
pub struct ChooseRivals {
    /// On the left.
    pub first: ProductId,
    /// On the right; another than the first.
    pub second: ProductId,
}

/// 422: `rivals-alike`.
pub const RIVALS_ALIKE: ProblemType = ProblemType {
    slug: "rivals-alike",
    status: 422,
    title: "A product is no rival of itself",
    meaning: "The first rival and the second are one product. Nothing was changed.",
    cure: "Name two different products.",
};
