//! Signed links to an order: they need no sign-in, outlive a guest's access token, and show one order to whoever has one.
//!
//! A link's key is an HMAC-SHA256 over the order's id, cut to 128 bits. Its secret is derived from `INTERNAL_TOKEN` for
//! this purpose alone, so that a key says nothing about the token. What signs (notification) and what checks (query) need
//! nothing from each other. There is no list of links: one ends when `INTERNAL_TOKEN` changes, and then all of them do.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac::Tag;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use shotengai_kernel::OrderId;

use crate::derived::KeyedHash;

/// Another purpose, or another form of keys, takes another text.
const PURPOSE: &[u8] = b"shotengai/order-link/v1";
/// Nobody guesses 128 bits online.
const BYTES: usize = 16;

/// Makes and checks the keys of links.
#[derive(Clone)]
pub struct OrderLinks {
    hash: KeyedHash,
}

impl OrderLinks {
    /// Keys of the installation whose services share this token.
    #[must_use]
    pub fn new(internal_token: &SecretString) -> Self {
        Self { hash: KeyedHash::new(internal_token, PURPOSE) }
    }

    /// The key that opens this order, fit for a URL.
    #[must_use]
    pub fn key(&self, order: &OrderId) -> String {
        URL_SAFE_NO_PAD.encode(cut(&self.tag(order)))
    }

    /// Whether this key opens this order; takes as long for a wrong one.
    #[must_use]
    pub fn opens(&self, order: &OrderId, key: &str) -> bool {
        let given = URL_SAFE_NO_PAD.decode(key).unwrap_or_default();
        verify_slices_are_equal(&given, cut(&self.tag(order))).is_ok()
    }

    fn tag(&self, order: &OrderId) -> Tag {
        self.hash.of(order.as_str().as_bytes())
    }
}

fn cut(tag: &Tag) -> &[u8] {
    let bytes = tag.as_ref();
    bytes.get(..BYTES).unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(id: &str) -> OrderId {
        OrderId::parse(id).unwrap()
    }

    #[test]
    fn a_key_opens_its_order_and_nothing_else() {
        let links = OrderLinks::new(&"an internal token".into());
        let key = links.key(&order("ord_1"));
        assert!(links.opens(&order("ord_1"), &key));
        assert!(!links.opens(&order("ord_2"), &key), "another order");
        assert!(!OrderLinks::new(&"another token here".into()).opens(&order("ord_1"), &key), "another installation");
        let other = if key.starts_with('A') { "B" } else { "A" };
        for wrong in ["", "A", "%", &key[1..], &format!("{key}A"), &format!("{other}{}", &key[1..])] {
            assert!(!links.opens(&order("ord_1"), wrong), "{wrong:?}");
        }
    }

    #[test]
    fn a_key_stays_what_it_was_because_mails_have_it() {
        let links = OrderLinks::new(&"an internal token".into());
        assert_eq!(links.key(&order("ord_1")), "sKILzyjbAAKkuyFe1WOgkw");
    }
}
