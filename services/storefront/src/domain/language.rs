//! The languages that mails are written in.

pub use shotengai_contracts::api::accounts::Language;

/// The one that an `Accept-Language` header likes best; Japanese when it likes neither, or can't be read.
#[must_use]
pub fn preferred(accept_language: &str) -> Language {
    let mut best = (0, Language::default());
    for range in accept_language.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let tag = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1000), thousandths).unwrap_or(0);
        // Of equals the first stands, as browsers list them.
        if let Some(language) = of_tag(tag)
            && weight > best.0
        {
            best = (weight, language);
        }
    }
    best.1
}

fn of_tag(tag: &str) -> Option<Language> {
    let primary = tag.split('-').next().unwrap_or_default();
    match () {
        () if primary.eq_ignore_ascii_case("ja") => Some(Language::Ja),
        () if primary.eq_ignore_ascii_case("en") => Some(Language::En),
        () => None,
    }
}

/// A quality value (RFC 9110, 12.4.2): 0 to 1 with three decimals at the most.
fn thousandths(text: &str) -> Option<u32> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction: u32 = format!("{fraction:0<3}").parse().ok()?;
    match whole {
        "0" => Some(fraction),
        "1" if fraction == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_liked_best_is_chosen() {
        for (header, wanted) in [
            ("", Language::Ja),
            ("en", Language::En),
            ("EN-us,ja;q=0.9", Language::En),
            ("fr, en;q=0.3, ja;q=0.7", Language::Ja),
            ("ja;q=0.2, en;q=0.8", Language::En),
            ("en;q=0", Language::Ja),
            ("fr-FR, *;q=0.5", Language::Ja),
            ("en;q=x", Language::Ja),
            ("enough", Language::Ja),
            ("ja, en", Language::Ja),
        ] {
            assert_eq!(preferred(header), wanted, "{header:?}");
        }
    }
}
