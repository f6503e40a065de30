//! Reading JSON bodies so that every fault is found and named, and none is let through.
//!
//! A body is parsed into a tree first ([`tree`]), and the wanted type is read from the tree ([`read`]). That finds what
//! reading straight from the text can't: the other faults behind the first ([`collect`]). It also refuses what serde's
//! derived types would take from JSON's text, an array in the place of an object. No answer quotes a value: it may be a
//! card number, an address or a password.

mod collect;
mod fault;
mod read;
mod tree;

#[cfg(test)]
mod tests;

use serde::de::DeserializeOwned;

use super::Problem;
use super::problem::Named;

/// Reads a body, or says everything that is wrong with it.
pub(super) fn parse<T: DeserializeOwned>(raw: &[u8]) -> Result<T, Problem> {
    if raw.iter().all(u8::is_ascii_whitespace) {
        return Err(Problem::malformed_json("the body is empty; send a JSON object", None));
    }
    let tree = tree::Json::parse(raw).map_err(|_| malformed(raw))?;
    collect::read(tree).map_err(|faults| {
        Problem::invalid_body(faults.iter().map(|fault| Named::pointer(fault.pointer(), fault.sentence())))
    })
}

/// Reads the broken text once more, this time watching where: only refused bodies pay for that.
fn malformed(raw: &[u8]) -> Problem {
    let mut json = serde_json::Deserializer::from_slice(raw);
    let read = serde_path_to_error::deserialize::<_, tree::Json>(&mut json);
    let (pointer, error) = match read {
        Err(error) => (Some(fault::pointer_of(error.path())), error.into_inner()),
        Ok(_) => match json.end() {
            Err(error) => (None, error),
            Ok(()) => return Problem::malformed_json("the body is not JSON", None),
        },
    };
    // These texts tell what the grammar wants and where; they quote nothing.
    Problem::malformed_json(error.to_string(), pointer.filter(|pointer| !pointer.is_empty()))
}
