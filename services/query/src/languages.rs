//! In which language somebody reads names: `?lang=en`, or else what their browser says (RFC 9110, 12.5.4).

/// The language of the names themselves. Whoever prefers it to another is not shown the other.
const OWN: &str = "ja";
/// More than a browser sends; the rest is not looked at.
const MOST: usize = 16;

/// Languages by preference, each two letters, none after the street's own.
#[must_use]
pub fn accepted(header: &str) -> Vec<String> {
    let mut weighed: Vec<(u16, String)> = header.split(',').take(MOST).filter_map(weighed).collect();
    // Stable: of equals the first counts.
    weighed.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    let mut languages = Vec::new();
    for (_, language) in weighed {
        if language == OWN {
            break;
        }
        languages.push(language);
    }
    languages
}

/// The language of a tag such as `en` or `en-GB`.
#[must_use]
pub fn language(tag: &str) -> Option<String> {
    let primary = tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
    (primary.len() == 2 && primary.bytes().all(|byte| byte.is_ascii_lowercase())).then_some(primary)
}

/// One entry, with its weight in thousandths; none if it is not wanted at all.
fn weighed(entry: &str) -> Option<(u16, String)> {
    let (tag, parameters) = entry.split_once(';').unwrap_or((entry, ""));
    let weight = match parameters.trim().strip_prefix("q=") {
        None => 1000,
        Some(weight) => thousandths(weight.trim())?,
    };
    (weight > 0).then(|| language(tag).map(|language| (weight, language)))?
}

/// `1`, `0.8`, `0.001`.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction: u16 = format!("{fraction:0<3}").parse().ok()?;
    match whole {
        "1" => Some(1000),
        "0" => Some(fraction),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_come_by_weight_and_end_at_the_streets_own() {
        for (header, wanted) in [
            ("en-GB,en;q=0.9", vec!["en", "en"]),
            ("fr;q=0.5, en;q=0.8, de;q=0", vec!["en", "fr"]),
            ("ja,en;q=0.8", vec![]),
            ("en,ja;q=0.9,fr;q=0.8", vec!["en"]),
            ("*", vec![]),
            ("", vec![]),
            (";;;,en;q=2,de;q=0.1234,zz;q=x", vec![]),
        ] {
            assert_eq!(accepted(header), wanted, "{header}");
        }
    }

    #[test]
    fn a_tag_is_known_by_its_language() {
        for (tag, wanted) in [("en", Some("en")), ("EN-us", Some("en")), ("eng", None), ("", None), ("é", None)] {
            assert_eq!(language(tag).as_deref(), wanted, "{tag}");
        }
    }
}
