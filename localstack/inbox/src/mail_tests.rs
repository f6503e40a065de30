use super::{expand, file, snippet, summarise};
use crate::message::Message;

fn read(source: &str) -> Message {
    let (summary, _) = summarise("id".into(), source.as_bytes(), "2026-01-01T00:00:00Z".into());
    expand(&summary, source.as_bytes())
}

#[test]
fn encoded_subjects_and_names_are_decoded() {
    let message = read(
        "From: =?UTF-8?B?5ZWG5bqX6KGX?= <shop@example.jp>\r\nTo: =?ISO-2022-JP?B?GyRCMlY7UhsoQg==?= <h@example.jp>\r\n\
         Subject: =?UTF-8?Q?=E3=81=94=E6=B3=A8=E6=96=87?=\r\n =?UTF-8?Q?_4711?=\r\n\r\nx",
    );
    assert_eq!(message.from.name, "商店街");
    assert_eq!(message.to[0].name, "花子");
    assert_eq!(message.subject, "ご注文 4711");
}

#[test]
fn bodies_in_quoted_printable_base64_and_old_japanese_charsets_are_decoded() {
    let quoted = read(
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
        =E3=81=94=E6=B3=A8=\r\n=E6=96=87\r\n",
    );
    assert_eq!(quoted.text, "ご注文\r\n");
    let base64 =
        read("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n44GU5rOo5paH\r\n");
    assert_eq!(base64.text, "ご注文");
    let jis = read("Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n\x1b$B2V;R\x1b(B\r\n");
    assert_eq!(jis.text.trim(), "花子");
}

#[test]
fn text_and_html_of_an_alternative_are_told_apart() {
    let message = read(
        "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nplain\r\n\
        --b\r\nContent-Type: text/html\r\n\r\n<p>rich</p>\r\n--b--\r\n",
    );
    assert_eq!((message.text.as_str(), message.html.as_str()), ("plain", "<p>rich</p>"));
}

#[test]
fn a_message_of_one_kind_has_no_html_unless_it_is_html() {
    let plain = read("Subject: x\r\n\r\nplain\r\n");
    assert_eq!((plain.text.as_str(), plain.html.as_str()), ("plain\r\n", ""));
    let html = read("Content-Type: text/html\r\n\r\n<p>rich <b>text</b></p>");
    assert_eq!(html.html, "<p>rich <b>text</b></p>");
    assert_eq!(html.text.trim(), "rich text");
}

const WITH_FILES: &str = "Content-Type: multipart/mixed; boundary=m\r\n\r\n\
    --m\r\nContent-Type: multipart/related; boundary=r\r\n\r\n\
    --r\r\nContent-Type: text/html\r\n\r\n<img src=\"cid:logo\">\r\n\
    --r\r\nContent-Type: image/png\r\nContent-ID: <logo>\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw==\r\n--r--\r\n\
    --m\r\nContent-Type: text/csv; name=items.csv\r\nContent-Disposition: attachment; filename=items.csv\r\n\r\na,b\r\n--m--\r\n";

#[test]
fn inline_and_attached_files_are_told_apart_and_can_be_fetched() {
    let message = read(WITH_FILES);
    let inline = &message.inline[0];
    assert_eq!((inline.part_id.as_str(), inline.content_id.as_str(), inline.size), ("1.2", "logo", 4));
    let attached = &message.attachments[0];
    assert_eq!((attached.part_id.as_str(), attached.file_name.as_str()), ("2", "items.csv"));
    assert_eq!(attached.content_type, "text/csv");
    assert_eq!(file(WITH_FILES.as_bytes(), "1.2").unwrap().content, b"\x89PNG");
    assert!(file(WITH_FILES.as_bytes(), "1.3").is_none());
}

#[test]
fn the_date_header_wins_over_arrival_when_it_is_valid() {
    assert_eq!(read("Date: Tue, 4 Aug 2026 09:00:00 +0900\r\n\r\n").date, "2026-08-04T09:00:00+09:00");
    assert_eq!(read("Date: soon\r\n\r\n").date, "2026-01-01T00:00:00Z");
}

#[test]
fn the_offer_to_leave_a_list_is_shown() {
    let message = read("List-Unsubscribe: <mailto:a@example.jp>,\r\n <https://example.jp/u>\r\n\r\n");
    assert_eq!(message.list_unsubscribe.links, ["mailto:a@example.jp", "https://example.jp/u"]);
}

#[test]
fn garbage_is_kept_as_an_empty_message() {
    let message = read("\u{0}\u{1}no header at all");
    assert_eq!((message.subject.as_str(), message.from.address.as_str()), ("", ""));
}

#[test]
fn a_snippet_is_cut_between_letters() {
    let long = "あ ".repeat(500);
    let cut = snippet(&long);
    assert!(cut.ends_with("..."));
    assert_eq!(cut.chars().count(), 203);
}

#[test]
fn a_snippet_begins_with_the_hidden_preview_and_leaves_its_filler_out() {
    let html = "Content-Type: text/html; charset=utf-8\r\n\r\n<body><div style=\"display:none\">Paid: &#165;400.\
        &nbsp;&#847;&zwnj;&nbsp;&#847;&zwnj;</div><table><tr><td><p>Shotengai</p></td></tr><tr><td><h1>Thank you</h1></td></tr>\
        </table></body>";
    let (summary, _) = summarise("1".to_owned(), html.as_bytes(), String::new());
    assert_eq!(summary.snippet, "Paid: \u{a5}400. Shotengai Thank you");
}
