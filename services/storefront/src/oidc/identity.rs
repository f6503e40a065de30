//! Who a token of another issuer says its bearer is.

use serde_json::{Map, Value};
use shotengai_runtime::AccountRole;

use crate::domain::{Email, Language, PersonName, preferred};

/// As long as a subject may be (OpenID Connect Core, 2).
const MAX_SUBJECT: usize = 255;

/// The bearer of a token. `Debug` hides the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Their id at the issuer.
    pub subject: Subject,
    /// Their address, where the issuer has verified it.
    pub email: Option<Email>,
    /// Their name.
    pub name: Option<PersonName>,
    /// What mails are written in, where it says so.
    pub language: Option<Language>,
    /// What they may do here.
    pub role: AccountRole,
    /// When the token ends, in seconds since 1970.
    pub expires: i64,
}

/// Somebody's id at an issuer, which may be an address. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Subject(String);

impl Subject {
    /// The id, as the issuer gives it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Subject(…)")
    }
}

/// Reads checked claims; none where they name nobody. An address or a name that can't be one here is left out.
#[must_use]
pub fn read(claims: &Map<String, Value>, role_claim: &str, admin_role: Option<&str>) -> Option<Identity> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let subject = text("sub").filter(|subject| !subject.is_empty() && subject.len() <= MAX_SUBJECT)?;
    let verified = claims.get("email_verified").is_some_and(is_true);
    let admin = admin_role.is_some_and(|wanted| roles(claims, role_claim).any(|role| role == wanted));
    Some(Identity {
        subject: Subject(subject.to_owned()),
        email: text("email").filter(|_| verified).and_then(|email| Email::parse(email).ok()),
        name: text("name").and_then(|name| PersonName::parse(name).ok()),
        // OpenID Connect Core, 5.1: some write an underscore.
        language: text("locale").map(|locale| preferred(&locale.replace('_', "-"))),
        role: if admin { AccountRole::Administrator } else { AccountRole::Customer },
        expires: seconds(claims, "exp")?,
    })
}

/// A moment of the claims, in seconds since 1970. Fractions are allowed (RFC 7519, 2), and cut off.
#[must_use]
pub fn seconds(claims: &Map<String, Value>, name: &str) -> Option<i64> {
    let value = claims.get(name)?;
    #[expect(clippy::cast_possible_truncation, reason = "saturates, and a moment that far is for ever")]
    value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds.floor() as i64))
}

/// Some issuers say it as a text.
fn is_true(value: &Value) -> bool {
    value == &Value::Bool(true) || value == "true"
}

/// A claim of that very name goes before a path into objects: names with dots and slashes are common.
fn roles<'a>(claims: &'a Map<String, Value>, claim: &str) -> impl Iterator<Item = &'a str> {
    let path = || {
        let mut steps = claim.split('.');
        let first = claims.get(steps.next()?)?;
        steps.try_fold(first, |value, step| value.get(step))
    };
    let value = claims.get(claim).or_else(path);
    let one = value.and_then(Value::as_str);
    one.into_iter().chain(value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn identity(claims: &Value, role_claim: &str) -> Option<Identity> {
        read(claims.as_object().unwrap(), role_claim, Some("boss"))
    }

    #[test]
    fn roles_are_a_text_or_a_list_by_name_or_by_path() {
        for (claims, claim, admin) in [
            (json!({ "roles": "boss" }), "roles", true),
            (json!({ "roles": ["clerk", "boss"] }), "roles", true),
            (json!({ "roles": ["bosses"] }), "roles", false),
            (json!({ "roles": { "boss": true } }), "roles", false),
            (json!({}), "roles", false),
            (json!({ "realm_access": { "roles": ["boss"] } }), "realm_access.roles", true),
            (json!({ "https://shop.example/roles": ["boss"] }), "https://shop.example/roles", true),
            (json!({ "a.b": ["clerk"], "a": { "b": ["boss"] } }), "a.b", false),
        ] {
            let mut all = json!({ "sub": "1", "exp": 1 });
            all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
            let role = identity(&all, claim).unwrap().role;
            assert_eq!(role == AccountRole::Administrator, admin, "{claims}");
            let nobody = read(all.as_object().unwrap(), claim, None).unwrap();
            assert_eq!(nobody.role, AccountRole::Customer, "without a role for it nobody is administrator");
        }
    }

    #[test]
    fn an_address_counts_when_it_is_verified() {
        for (verified, counts) in
            [(json!(true), true), (json!("true"), true), (json!(false), false), (json!(null), false)]
        {
            let claims = json!({ "sub": "1", "exp": 1, "email": "hana@example.com", "email_verified": verified });
            assert_eq!(identity(&claims, "roles").unwrap().email.is_some(), counts, "{verified}");
        }
        let odd = json!({ "sub": "1", "exp": 1.9, "email": "hana", "email_verified": true, "name": "a\nb" });
        let odd = identity(&odd, "roles").unwrap();
        assert_eq!((odd.email, odd.name, odd.expires), (None, None, 1));
    }

    #[test]
    fn claims_that_name_nobody_are_nobodys() {
        for claims in
            [json!({ "exp": 1 }), json!({ "sub": "", "exp": 1 }), json!({ "sub": 7, "exp": 1 }), json!({ "sub": "1" })]
        {
            assert_eq!(identity(&claims, "roles"), None, "{claims}");
        }
        assert_eq!(identity(&json!({ "sub": "x".repeat(256), "exp": 1 }), "roles"), None);
    }

    #[test]
    fn nothing_of_the_person_prints() {
        let claims =
            json!({ "sub": "hana@id", "exp": 1, "email": "hana@example.com", "email_verified": true, "name": "Hana" });
        let shown = format!("{:?}", identity(&claims, "roles").unwrap());
        assert!(!shown.to_lowercase().contains("hana"), "{shown}");
    }
}
