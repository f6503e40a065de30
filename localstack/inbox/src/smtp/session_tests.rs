use super::{Action, MAX_ERRORS, MAX_LINE_BYTES, MAX_RECIPIENTS, Session};
use crate::envelope::Envelope;

const LIMIT: usize = 1_000;

/// Every answer to this input: a code, or 0 for a message to keep.
fn codes(session: &mut Session, input: &str) -> Vec<u16> {
    session.receive(input.as_bytes());
    std::iter::from_fn(|| session.next()).map(|action| code(&action)).collect()
}

fn code(action: &Action) -> u16 {
    match action {
        Action::Reply(reply) | Action::Refuse(reply) | Action::Close(reply) => reply.code,
        Action::Deliver(..) => 0,
    }
}

fn greeted() -> Session {
    let mut session = Session::new(LIMIT);
    assert_eq!(codes(&mut session, "EHLO test\r\n"), [250]);
    session
}

#[test]
fn the_greeting_announces_the_extensions() {
    let mut session = Session::new(LIMIT);
    session.receive(b"EHLO test\r\n");
    let Some(Action::Reply(reply)) = session.next() else { panic!("no reply") };
    let mut out = Vec::new();
    reply.write_to(&mut out);
    let expected = "250-localhost\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 1000\r\n";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn a_message_is_handed_over_with_its_envelope() {
    let mut session = greeted();
    assert_eq!(codes(&mut session, "MAIL FROM:<a@b> SIZE=10 BODY=8BITMIME\r\n"), [250]);
    assert_eq!(codes(&mut session, "RCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\n"), [250, 250]);
    assert_eq!(codes(&mut session, "DATA\r\n"), [354]);
    assert!(session.is_receiving_message());
    session.receive(b"..hi\r\n.\r\n");
    let envelope = Envelope { sender: "a@b".into(), recipients: vec!["c@d".into(), "e@f".into()] };
    assert_eq!(session.next(), Some(Action::Deliver(envelope, b".hi\r\n".to_vec())));
    assert!(!session.is_receiving_message());
}

#[test]
fn a_pipelined_conversation_gets_the_same_answers_however_it_is_cut() {
    let whole = "EHLO t\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\nx\r\n.\r\nMAIL FROM:<a@b>\r\nRSET\r\nNOOP\r\nVRFY a\r\nQUIT\r\n";
    let expected = [250, 250, 250, 354, 0, 250, 250, 250, 252, 221];
    for piece in 1..=whole.len() {
        let mut session = Session::new(LIMIT);
        let answers: Vec<u16> = whole
            .as_bytes()
            .chunks(piece)
            .flat_map(|bytes| codes(&mut session, std::str::from_utf8(bytes).unwrap()))
            .collect();
        assert_eq!(answers, expected, "in pieces of {piece}");
    }
}

#[test]
fn commands_out_of_order_are_refused() {
    let mut session = Session::new(LIMIT);
    assert_eq!(codes(&mut session, "MAIL FROM:<a@b>\r\n"), [503]);
    let mut session = greeted();
    assert_eq!(codes(&mut session, "RCPT TO:<a@b>\r\nDATA\r\n"), [503, 503]);
    assert_eq!(codes(&mut session, "MAIL FROM:<a@b>\r\nMAIL FROM:<a@b>\r\nDATA\r\n"), [250, 503, 503]);
    assert_eq!(codes(&mut session, "RSET\r\nRCPT TO:<a@b>\r\n"), [250, 503]);
}

#[test]
fn a_new_greeting_forgets_the_message_begun() {
    let mut session = greeted();
    assert_eq!(codes(&mut session, "MAIL FROM:<a@b>\r\nEHLO again\r\nRCPT TO:<a@b>\r\n"), [250, 250, 503]);
}

#[test]
fn a_message_too_large_is_refused_when_announced() {
    let mut session = greeted();
    assert_eq!(codes(&mut session, "MAIL FROM:<a@b> SIZE=1001\r\nMAIL FROM:<a@b> SIZE=1000\r\n"), [552, 250]);
}

#[test]
fn a_message_too_large_is_refused_at_its_end_and_the_next_is_welcome() {
    let mut session = greeted();
    assert_eq!(codes(&mut session, "MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\n"), [250, 250, 354]);
    let body = format!("{}\r\n.\r\n", "x".repeat(LIMIT));
    assert_eq!(codes(&mut session, &body), [552]);
    assert_eq!(codes(&mut session, "MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\nx\r\n.\r\n"), [250, 250, 354, 0]);
}

#[test]
fn a_command_line_too_long_is_refused_once_and_takes_no_memory() {
    let mut session = greeted();
    for _ in 0..100 {
        assert_eq!(codes(&mut session, &"N".repeat(MAX_LINE_BYTES)), [0; 0]);
        assert!(session.input.len() <= 2 * MAX_LINE_BYTES);
    }
    assert_eq!(codes(&mut session, "\r\nNOOP\r\n"), [500, 250]);
}

#[test]
fn an_address_beyond_ascii_needs_the_extension() {
    let mut session = greeted();
    assert_eq!(codes(&mut session, "MAIL FROM:<花@b>\r\nMAIL FROM:<a@b>\r\nRCPT TO:<花@b>\r\n"), [553, 250, 553]);
    assert_eq!(codes(&mut session, "RSET\r\nMAIL FROM:<花@b> SMTPUTF8\r\nRCPT TO:<子@b>\r\n"), [250, 250, 250]);
}

#[test]
fn recipients_are_bounded() {
    let mut session = greeted();
    codes(&mut session, "MAIL FROM:<a@b>\r\n");
    let answers = codes(&mut session, &"RCPT TO:<a@b>\r\n".repeat(MAX_RECIPIENTS + 1));
    assert_eq!(answers.iter().filter(|&&code| code == 250).count(), MAX_RECIPIENTS);
    assert_eq!(answers.last(), Some(&452));
}

#[test]
fn a_client_that_only_errs_is_let_go() {
    let mut session = greeted();
    let answers = codes(&mut session, &"GET / HTTP/1.1\n".repeat(usize::try_from(MAX_ERRORS).unwrap() + 1));
    assert_eq!(answers.last(), Some(&421));
}
