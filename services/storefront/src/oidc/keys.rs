//! Keys of another issuer, and what they are accepted for.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};

/// A shorter RSA key is not accepted (NIST SP 800-131A).
const MIN_RSA_BYTES: usize = 256;

/// Algorithms that a published key is accepted for: those of its kind, or the one that it names itself. None for keys that
/// encrypt, for symmetric keys, whose secret everybody could read, and for short ones.
#[must_use]
pub fn accepted(key: &Jwk) -> Vec<Algorithm> {
    if key.common.public_key_use.as_ref().is_some_and(|purpose| *purpose != PublicKeyUse::Signature) {
        return Vec::new();
    }
    let mut algorithms = of_its_kind(&key.algorithm);
    if let Some(named) = key.common.key_algorithm {
        algorithms.retain(|algorithm| names(named, *algorithm));
    }
    algorithms
}

fn of_its_kind(parameters: &AlgorithmParameters) -> Vec<Algorithm> {
    use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
    match parameters {
        AlgorithmParameters::RSA(rsa) => {
            let length = URL_SAFE_NO_PAD.decode(&rsa.n).map_or(0, |n| n.iter().skip_while(|byte| **byte == 0).count());
            if length < MIN_RSA_BYTES { Vec::new() } else { vec![RS256, RS384, RS512, PS256, PS384, PS512] }
        }
        AlgorithmParameters::EllipticCurve(curve) => match curve.curve {
            EllipticCurve::P256 => vec![ES256],
            EllipticCurve::P384 => vec![ES384],
            _ => Vec::new(),
        },
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => vec![EdDSA],
        _ => Vec::new(),
    }
}

fn names(named: KeyAlgorithm, algorithm: Algorithm) -> bool {
    matches!(
        (named, algorithm),
        (KeyAlgorithm::RS256, Algorithm::RS256)
            | (KeyAlgorithm::RS384, Algorithm::RS384)
            | (KeyAlgorithm::RS512, Algorithm::RS512)
            | (KeyAlgorithm::PS256, Algorithm::PS256)
            | (KeyAlgorithm::PS384, Algorithm::PS384)
            | (KeyAlgorithm::PS512, Algorithm::PS512)
            | (KeyAlgorithm::ES256, Algorithm::ES256)
            | (KeyAlgorithm::ES384, Algorithm::ES384)
            | (KeyAlgorithm::EdDSA, Algorithm::EdDSA)
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn accepted_of(key: Value) -> Vec<Algorithm> {
        accepted(&serde_json::from_value(key).unwrap())
    }

    fn rsa(bytes: usize, more: Value) -> Value {
        let mut key = json!({ "kty": "RSA", "e": "AQAB", "n": URL_SAFE_NO_PAD.encode(vec![0xc5; bytes]) });
        key.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        key
    }

    #[test]
    fn a_key_is_good_for_its_kind_or_for_what_it_names_and_never_for_hmac() {
        assert_eq!(accepted_of(rsa(256, json!({}))).len(), 6);
        assert_eq!(accepted_of(rsa(256, json!({ "alg": "RS256", "use": "sig" }))), [Algorithm::RS256]);
        assert!(accepted_of(rsa(256, json!({ "alg": "HS256" }))).is_empty());
        assert!(accepted_of(rsa(256, json!({ "alg": "ES256" }))).is_empty());
        assert!(accepted_of(rsa(256, json!({ "use": "enc" }))).is_empty());
        assert!(accepted_of(rsa(255, json!({}))).is_empty(), "too short");
        assert!(accepted_of(json!({ "kty": "oct", "k": "c2VjcmV0" })).is_empty());
        let curve = |name: &str| json!({ "kty": "EC", "crv": name, "x": "AA", "y": "AA" });
        assert_eq!(accepted_of(curve("P-256")), [Algorithm::ES256]);
        assert!(accepted_of(curve("P-521")).is_empty());
        assert_eq!(accepted_of(json!({ "kty": "OKP", "crv": "Ed25519", "x": "AA" })), [Algorithm::EdDSA]);
    }
}
