//! Message ids that look like Mailpit's: 22 letters and digits without the ones people confuse.

const ALPHABET: &[u8; 57] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const HALF: usize = 11;

/// The id of the message with this sequence number. Unique within one store, the same in every run; not a secret.
pub(crate) fn message_id(sequence: u64) -> String {
    let mut id = String::with_capacity(2 * HALF);
    // `mix` is a bijection, so the first half alone is unique; the second only makes the length familiar.
    push(&mut id, mix(sequence));
    push(&mut id, mix(!sequence));
    id
}

fn mix(mut value: u64) -> u64 {
    value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

fn push(id: &mut String, mut value: u64) {
    for _ in 0..HALF {
        let letter = usize::try_from(value % 57).ok().and_then(|index| ALPHABET.get(index)).copied().unwrap_or(b'2');
        id.push(char::from(letter));
        value /= 57;
    }
}

#[cfg(test)]
mod tests {
    use super::message_id;
    use std::collections::HashSet;

    #[test]
    fn ids_are_short_readable_and_never_repeat() {
        let ids: HashSet<String> = (0..20_000).map(message_id).collect();
        assert_eq!(ids.len(), 20_000);
        assert!(ids.iter().all(|id| id.len() == 22 && id.bytes().all(|b| b.is_ascii_alphanumeric())));
    }
}
