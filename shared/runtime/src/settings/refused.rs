//! Names of earlier systems, and what stands in their place.

use super::Faults;

/// Silently ignored, each would leave an operator believing in a setting that does nothing.
const REFUSED: [(&str, &str); 5] = [
    ("DYNAMODB_ENDPOINT", "is now AWS_ENDPOINT_URL"),
    ("DYNAMODB_REGION", "is now AWS_REGION"),
    ("DYNAMODB_TABLE_NAME", "is now RESOURCE_PREFIX; the tables have fixed names behind it"),
    ("DYNAMODB_SNAPSHOT_TABLE_NAME", "is now RESOURCE_PREFIX; the tables have fixed names behind it"),
    ("JWT_SECRET", "is now JWT_SIGNING_KEY_FILE (or JWT_SIGNING_KEY): tokens are signed with a key pair"),
];

impl Faults {
    /// Notes every name of an earlier system that is set, where `is_set` answers for the environment.
    pub fn refuse_earlier_names(&mut self, is_set: impl Fn(&str) -> bool) {
        for (name, message) in REFUSED.iter().filter(|(name, _)| is_set(name)) {
            self.add(*name, *message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_earlier_systems_are_refused_with_the_new_one() {
        let mut faults = Faults::default();
        faults.refuse_earlier_names(|name| ["JWT_SECRET", "DYNAMODB_ENDPOINT"].contains(&name));
        let error = faults.finish(Some(())).unwrap_err();
        assert_eq!(error.names(), ["DYNAMODB_ENDPOINT", "JWT_SECRET"]);
        let text = error.to_string();
        assert!(text.contains("AWS_ENDPOINT_URL") && text.contains("JWT_SIGNING_KEY_FILE"), "{text}");
    }
}
