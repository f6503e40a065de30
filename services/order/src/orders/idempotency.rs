//! What makes a repeated request the same request.

use sha2::{Digest, Sha256};
use shotengai_kernel::{CartId, OrderId, RefundId, UserId, Version};
use uuid::Uuid;

/// Where ids that derive from a key live: no other derivation in the street uses it.
const NAMESPACE: Uuid = Uuid::from_u128(0x6f1c_7a52_3f0b_4d5e_9c1a_8e2b_40d7_5a31);

/// The order that this key of this person makes: always the same, and never another person's.
#[must_use]
pub fn order_id(user: &UserId, key: &str) -> OrderId {
    // An id has no line break, so no two pairs give one name.
    OrderId::from_uuid(Uuid::new_v5(&NAMESPACE, format!("{user}\n{key}").as_bytes()))
}

/// The order that a cart at this version makes without a key: two requests for the same cart are one order.
#[must_use]
pub fn order_id_of_cart(cart: &CartId, version: Version) -> OrderId {
    // A cart's id begins otherwise than a person's, so this is no order of a key.
    OrderId::from_uuid(Uuid::new_v5(&NAMESPACE, format!("{cart}\n{version}").as_bytes()))
}

/// The refund of an order that this key of this administrator makes.
#[must_use]
pub fn refund_id(by: &UserId, order: &OrderId, key: &str) -> RefundId {
    RefundId::new(Uuid::new_v5(&NAMESPACE, format!("refund\n{by}\n{order}\n{key}").as_bytes()))
}

/// SHA-256 of a body as sent, in hexadecimal.
#[must_use]
pub fn fingerprint(body: &[u8]) -> String {
    Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_of_two_people_is_two_orders() {
        let [one, two] = ["usr_1", "usr_2"].map(|user| UserId::parse(user).unwrap());
        assert_eq!(order_id(&one, "k"), order_id(&one, "k"));
        assert_ne!(order_id(&one, "k"), order_id(&two, "k"));
        assert_ne!(order_id(&one, "k"), order_id(&one, "l"));
    }

    #[test]
    fn a_cart_at_one_version_is_one_order_and_none_of_a_key() {
        let user = UserId::parse("usr_1").unwrap();
        let of = |version| order_id_of_cart(&CartId::of_user(&user), Version::new(version));
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
        assert_ne!(of(1), order_id(&user, "1"));
    }

    #[test]
    fn one_key_of_two_orders_or_two_administrators_is_two_refunds() {
        let [one, two] = ["usr_1", "usr_2"].map(|user| UserId::parse(user).unwrap());
        let [this, that] = ["ord_1", "ord_2"].map(|order| OrderId::parse(order).unwrap());
        assert_eq!(refund_id(&one, &this, "k"), refund_id(&one, &this, "k"));
        let others = [refund_id(&two, &this, "k"), refund_id(&one, &that, "k"), refund_id(&one, &this, "l")];
        assert!(!others.contains(&refund_id(&one, &this, "k")));
    }

    #[test]
    fn a_fingerprint_is_sha_256_in_hexadecimal() {
        assert_eq!(fingerprint(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
