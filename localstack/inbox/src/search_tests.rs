use super::{Query, SearchError, SearchIndex, clean, words};
use crate::mail::summarise;

const MAIL: &str = "From: Shotengai Books <shop@example.jp>\r\nTo: 花子 <hanako@example.jp>\r\nCc: taro@example.jp\r\n\
    Subject: Your order 4711 is PAID\r\nMessage-ID: <order-4711@example.jp>\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\r\nThank you,\r\n  花子様、ご注文ありがとうございます。\r\n";

fn index() -> SearchIndex {
    summarise("id".into(), MAIL.as_bytes(), String::new()).1
}

fn found(query: &str) -> bool {
    Query::parse(query).unwrap().matches(&index(), false)
}

#[test]
fn free_text_looks_in_subject_addresses_and_body_whatever_the_case() {
    for query in ["paid", "HANAKO", "thank", "ありがとう", "花子", "shop@example.jp", "order thank"] {
        assert!(found(query), "{query}");
    }
    assert!(!found("refunded"));
    assert!(!found("order refunded"));
}

#[test]
fn filters_look_in_their_own_field_only() {
    for query in
        ["subject:paid", "from:books", "to:hanako@example.jp", "cc:taro", "addressed:taro", "message-id:<order-4711"]
    {
        assert!(found(query), "{query}");
    }
    for query in ["subject:hanako", "from:hanako", "to:taro", "bcc:taro", "reply-to:shop", "message-id:4712"] {
        assert!(!found(query), "{query}");
    }
}

#[test]
fn a_quoted_phrase_is_one_term() {
    assert!(found("\"order 4711\""));
    assert!(found("subject:\"4711 is paid\""));
    assert!(!found("\"4711 order\""));
    assert!(found("thank \"you, 花子様\""), "line ends and commas separate like spaces");
}

#[test]
fn a_negated_term_excludes() {
    assert!(!found("-paid"));
    assert!(!found("order -from:books"));
    assert!(found("order !refunded -subject:\"is shipped\""));
}

#[test]
fn read_state_and_attachments_can_be_asked_for() {
    assert!(found("is:unread"));
    assert!(found("-is:read"));
    assert!(!found("has:attachment"));
    assert!(Query::parse("is:read").unwrap().matches(&index(), true));
}

#[test]
fn an_empty_search_is_refused() {
    assert_eq!(Query::parse("  \" \" "), Err(SearchError::Empty));
}

#[test]
fn a_filter_mailpit_knows_and_we_do_not_is_an_error() {
    for query in ["tag:x", "before:2026-01-01", "-larger:1mb", "is:tagged"] {
        assert!(matches!(Query::parse(query), Err(SearchError::Unsupported(_))), "{query}");
    }
}

#[test]
fn a_filter_without_a_value_restricts_nothing() {
    assert!(found("to: order"));
}

#[test]
fn words_and_cleaning_agree() {
    assert_eq!(words(r#"a "b c" subject:"d e"f"#), ["a", "b c", "subject:d ef"]);
    assert_eq!(clean(" <A@B>,\r\n\t(C) "), "a@b c");
}
