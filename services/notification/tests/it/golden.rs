//! Every mail in every language against its golden file. `UPDATE_GOLDEN=1` rewrites them.

use std::path::PathBuf;

use shotengai_contracts::events::CancelReason;
use shotengai_notification::domain::contact::{Language, PersonName};
use shotengai_notification::domain::mail::{Cancellation, Charge, MailKind, OrderMail, Refund};

use crate::support::{mail, product, refund, templates, yen};

fn check(name: &str, rendered: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, rendered).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(rendered, golden, "{name} differs from its golden file; UPDATE_GOLDEN=1 rewrites it");
}

#[test]
fn every_mail_looks_as_agreed() {
    let templates = templates();
    let name = PersonName::new("山田 花子");
    for language in Language::ALL {
        for kind in MailKind::ALL {
            let rendered = templates.render(&mail(kind), language, name.as_ref()).unwrap();
            let stem = format!("{}-{}", language.as_str(), kind.as_str());
            check(&format!("{stem}.txt"), &format!("Subject: {}\n\n{}\n", rendered.subject, rendered.text));
            check(&format!("{stem}.html"), &format!("{}\n", rendered.html));
        }
    }
}

#[test]
fn each_reason_has_words_of_its_own() {
    use CancelReason::{CaptureRefused, CustomerRequest, DeadlineExceeded, OutOfStock, PaymentDeclined};
    let templates = templates();
    for language in Language::ALL {
        let mut texts: Vec<String> = [OutOfStock, PaymentDeclined, CaptureRefused, CustomerRequest, DeadlineExceeded]
            .into_iter()
            .flat_map(|reason| {
                [Charge::None, Charge::Uncertain, Charge::Taken].map(|charge| Cancellation {
                    reason,
                    charge,
                    earlier: None,
                })
            })
            .map(|cancellation| {
                let mail = OrderMail { cancellation: Some(cancellation), ..mail(MailKind::Cancelled) };
                templates.render(&mail, language, None).unwrap().text
            })
            .collect();
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), 15, "{language:?}");
    }
}

#[test]
fn a_mail_says_what_earlier_refunds_gave_back() {
    let templates = templates();
    for (language, together, before) in [
        (Language::En, "that is ¥1,000 of ¥1,420", "¥1,420 you paid comes back to you, ¥400 of it"),
        (Language::Ja, "お支払い ¥1,420 のうち ¥1,000", "うち ¥400 は、先の返金"),
    ] {
        let second = OrderMail { refund: Some(refund(2, 600, 1_000)), ..mail(MailKind::Refunded) };
        let text = templates.render(&second, language, None).unwrap().text;
        assert!(text.contains("¥600") && text.contains(together), "{text}");
        let reason = CancelReason::CustomerRequest;
        let cancellation = Cancellation { reason, charge: Charge::Taken, earlier: Some(yen(400)) };
        let cancelled = OrderMail { cancellation: Some(cancellation), ..mail(MailKind::Cancelled) };
        let text = templates.render(&cancelled, language, None).unwrap().text;
        assert!(text.contains(before), "{text}");
    }
}

#[test]
fn what_the_shop_writes_can_not_bring_markup_into_a_mail() {
    let words = "<b>sorry</b>\n\n{{ name }}";
    let refund = Refund { reason: words.to_owned(), ..refund(1, 400, 400) };
    let rendered =
        templates().render(&OrderMail { refund: Some(refund), ..mail(MailKind::Refunded) }, Language::En, None);
    let rendered = rendered.unwrap();
    assert!(!rendered.html.contains("<b>"), "{}", rendered.html);
    assert!(rendered.text.contains("<b>sorry</b>") && rendered.text.contains("{{ name }}"), "{}", rendered.text);
}

#[test]
fn a_product_can_not_bring_markup_into_a_mail() {
    let mut mail = mail(MailKind::Received);
    mail.items.push(product("prod_evil", "<script>alert(1)</script>", 1, 1));
    let rendered = templates().render(&mail, Language::En, None).unwrap();
    assert!(!rendered.html.contains("<script>"));
    assert!(rendered.text.contains("<script>alert(1)</script>"));
}
