//! Reads of what was: `as_of`, a moment of the past.

use schemars::json_schema;
use shotengai_kernel::moment::MOMENT_PATTERN;

use super::ProblemType;
use super::parameter::Parameter;

/// The moment that a read shows.
pub const AS_OF: Parameter = Parameter::query(
    "as_of",
    "Shows it as it was at a moment: a time (RFC 3339, with `+` written as `%2B`), or one of its versions. Read from the \
     events themselves, so never behind, and not together with `min_version`. A time is that of the clocks of those who decided, \
     which may differ by a second; before the last second or two it can still change.",
    |_| json_schema!({ "type": "string", "pattern": MOMENT_PATTERN }),
    "2026-11-28T12:34:56Z",
);

/// 422: `as-of-ahead`.
pub const AS_OF_AHEAD: ProblemType = ProblemType {
    slug: "as-of-ahead",
    status: 422,
    title: "That has not come yet",
    meaning: "`as_of` is a time that is later than now, or a version that has not been written yet.",
    cure: "Leave `as_of` out for what there is now. Of a time: compare your clock with the answer's `Date`.",
};

/// 404: `not-there-yet`.
pub const NOT_THERE_YET: ProblemType = ProblemType {
    slug: "not-there-yet",
    status: 404,
    title: "It was not there yet",
    meaning: "It exists, but came to be after the time in `as_of`. `detail` says when.",
    cure: "Ask for a later time.",
};

/// 422: `as-of-too-far`.
pub const AS_OF_TOO_FAR: ProblemType = ProblemType {
    slug: "as-of-too-far",
    status: 422,
    title: "Too many events to look at",
    meaning: "More than 10,000 events lie between its beginning and `as_of`: that many are read for one answer, and no more.",
    cure: "Ask for an earlier moment. What is there now needs no `as_of`.",
};
