//! The handler over fakes: what is sent, what is recorded, what comes again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;
use shotengai_contracts::topology::tables;
use shotengai_messaging::{Condition, Delivery, Disposition, Key, Row};
use shotengai_notification::Mailer;
use shotengai_notification::claims::{Claimed, LEASE, SendClaims};
use shotengai_notification::domain::claim::{ClaimState, SkipReason};
use shotengai_notification::domain::mail::MailKind;
use shotengai_testing::memory::{FaultInjector, InjectedFault};

use crate::support::{Harness, MAILS, Mood, event, mail, refunded};

fn is_retry(disposition: &Disposition) -> bool {
    disposition.comes_again()
}

#[tokio::test]
async fn each_kind_is_mailed_once_however_often_its_event_comes() {
    let street = Harness::new();
    for _ in 0..3 {
        for kind in MailKind::ALL.into_iter().rev() {
            assert_eq!(street.handle(kind).await, Disposition::Done);
            assert_eq!(street.claim(kind).await, json!({"state": "sent", "at": "2026-01-01T00:00:00Z"}));
        }
    }
    let sent = street.mailer.sent.lock().unwrap().clone();
    let mut ids: Vec<_> = sent.iter().map(|mail| mail.message_id.as_str()).collect();
    ids.sort_unstable();
    let refunded = "refunded.00000000-0000-0000-0000-000000000001";
    let expected =
        ["cancelled", "receipt", "received", refunded, "shipped"].map(|kind| format!("<ord_1.{kind}@shotengai>"));
    assert_eq!(ids, expected);
    assert!(sent.iter().all(|mail| mail.traceparent.is_some() && mail.content.text.contains("¥1,420")));
}

#[tokio::test]
async fn each_refund_of_an_order_is_mailed_once() {
    let street = Harness::new();
    let handler = street.handler(Arc::clone(&street.mailer) as Arc<dyn Mailer>);
    let [first, second] = [(1, 400, 400), (2, 100, 500)].map(|(number, by, sum)| refunded(number, by, sum));
    for event in [&second, &first, &first, &second] {
        assert_eq!(handler.handle(&[street.delivery(event)]).await, [Disposition::Done]);
    }
    let sent = street.mailer.sent.lock().unwrap();
    let subjects: Vec<_> = sent.iter().map(|mail| mail.content.subject.as_str()).collect();
    assert_eq!(subjects, ["¥100 を返金しました", "¥400 を返金しました"]);
}

#[tokio::test]
async fn a_mail_that_was_sent_is_not_sent_again_when_its_event_is_redriven_or_published_again_years_later() {
    let street = Harness::new();
    let kinds = MailKind::ALL;
    for kind in kinds {
        assert_eq!(street.handle(kind).await, Disposition::Done);
    }
    for years in [1, 3] {
        street.installation.advance(SignedDuration::from_hours(years * 365 * 24));
        street.installation.infra.memory_table(tables::NOTIFICATION_CLAIMS.name).drop_expired();
        for kind in kinds {
            assert_eq!(street.handle(kind).await, Disposition::Done);
        }
    }
    assert_eq!(street.sent(), kinds.len());
}

#[tokio::test]
async fn copies_in_one_batch_are_one_mail() {
    let street = Harness::new();
    let handler = street.handler(Arc::clone(&street.mailer) as Arc<dyn Mailer>);
    let batch: Vec<_> = (0..10).map(|_| street.delivery(&event(MailKind::Received))).collect();
    let answers = handler.handle(&batch).await;
    assert_eq!(answers.len(), 10);
    assert!(answers.contains(&Disposition::Done));
    assert_eq!(street.sent(), 1);
    assert_eq!(street.handle(MailKind::Received).await, Disposition::Done);
    assert_eq!(street.sent(), 1);
}

#[tokio::test]
async fn a_guest_without_an_address_gets_no_mail_and_a_recorded_decision() {
    let street = Harness::new();
    street.know(None);
    assert_eq!(street.handle(MailKind::Received).await, Disposition::Done);
    street.forget();
    assert_eq!(street.handle(MailKind::Receipt).await, Disposition::Done);
    for kind in [MailKind::Received, MailKind::Receipt] {
        assert_eq!(street.claim(kind).await, json!({"state": "skipped", "why": "no_address"}));
    }
    assert_eq!(street.sent(), 0);
}

#[tokio::test]
async fn a_live_claim_is_looked_at_again_soon_and_an_expired_one_taken_over() {
    let street = Harness::new();
    let by = "00000000-0000-0000-0000-000000000001";
    let doc = json!({"state": "sending", "until": "2026-01-01T00:00:30Z", "by": by});
    let row = Row::new(Key::new("ord_1", "received"), 5, doc);
    street.table.put(&row, Condition::Absent).await.unwrap();
    let handler = street.handler(Arc::clone(&street.mailer) as Arc<dyn Mailer>);
    // Soon, since it may have been sent by then, less and less so; and never later than the lease ends.
    for (pass, receive_count, wait) in [(0, 1, 1), (0, 2, 2), (0, 20, 5), (0, 21, 30), (27, 20, 3)] {
        street.installation.advance(SignedDuration::from_secs(pass));
        let delivery = Delivery { receive_count, ..street.delivery(&event(MailKind::Received)) };
        let busy = handler.handle(&[delivery]).await;
        assert!(
            matches!(&busy[..], [Disposition::Waits { after, .. }] if *after == Duration::from_secs(wait)),
            "{busy:?}"
        );
    }
    assert_eq!(street.sent(), 0);
    street.installation.advance(SignedDuration::from_secs(3));
    assert_eq!(street.handle(MailKind::Received).await, Disposition::Done);
    assert_eq!(street.sent(), 1);
}

/// Somebody has claimed the mail whose clock is an hour ahead.
async fn claim_by_a_clock_an_hour_ahead(street: &Harness) {
    let doc =
        json!({"state": "sending", "until": "2026-01-01T01:00:40Z", "by": "00000000-0000-0000-0000-000000000001"});
    street.table.put(&Row::new(Key::new("ord_1", "received"), 5, doc), Condition::Absent).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_claim_of_a_holder_whose_clock_is_an_hour_ahead_is_taken_over_after_the_lease() {
    let street = Harness::new();
    claim_by_a_clock_an_hour_ahead(&street).await;
    let handler = street.handler(Arc::clone(&street.mailer) as Arc<dyn Mailer>);
    let delivery = street.delivery(&event(MailKind::Received));
    assert!(is_retry(&handler.handle(std::slice::from_ref(&delivery)).await[0]));
    tokio::time::advance(LEASE - Duration::from_secs(1)).await;
    assert!(is_retry(&handler.handle(std::slice::from_ref(&delivery)).await[0]));
    assert_eq!(street.sent(), 0, "its holder may still be at it");
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(handler.handle(&[delivery]).await, [Disposition::Done]);
    assert_eq!(street.sent(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_came_often_waits_no_longer_than_a_lease_for_a_claim_of_a_clock_that_is_ahead() {
    let street = Harness::new();
    claim_by_a_clock_an_hour_ahead(&street).await;
    let handler = street.handler(Arc::clone(&street.mailer) as Arc<dyn Mailer>);
    let delivery = Delivery { receive_count: 21, ..street.delivery(&event(MailKind::Received)) };
    let busy = handler.handle(&[delivery]).await;
    assert!(matches!(&busy[..], [Disposition::Waits { after, .. }] if *after == LEASE), "{busy:?}");
}

/// Answers the write of a claim, the first there is, only after this long, as a process sees it that stood still meanwhile.
struct HeldUp(Duration, AtomicBool);

impl FaultInjector for HeldUp {
    fn before(&self, operation: &'static str) -> Option<InjectedFault> {
        let is_first = operation == "table.put" && !self.1.swap(true, Ordering::SeqCst);
        is_first.then_some(InjectedFault::Delay(self.0))
    }
}

#[tokio::test(start_paused = true)]
async fn who_learns_of_its_claim_too_late_sends_nothing() {
    for (held_up, sent) in [(Duration::from_secs(29), 1), (Duration::from_secs(31), 0), (LEASE, 0)] {
        let street = Harness::with_faults(Arc::new(HeldUp(held_up, AtomicBool::new(false))));
        let answer = street.handle(MailKind::Received).await;
        assert_eq!(street.sent(), sent, "held up for {held_up:?}");
        assert_eq!(is_retry(&answer), sent == 0, "{answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_was_taken_while_an_answer_was_under_way_stands_for_its_lease() {
    let street = Harness::with_faults(Arc::new(HeldUp(Duration::from_secs(38), AtomicBool::new(false))));
    let claims = || SendClaims::new(Arc::clone(&street.table), street.installation.ports.clone());
    let (slow, other, wanted) = (claims(), claims(), mail(MailKind::Received));
    let taken_meanwhile = async {
        tokio::time::advance(Duration::from_secs(28)).await;
        other.claim(&wanted).await.unwrap()
    };
    let (refused, taken) = tokio::join!(slow.claim(&wanted), taken_meanwhile);
    assert!(matches!((refused.unwrap(), taken), (Claimed::Busy(_), Claimed::Mine(_))));
    // The clock stands still, so that only the watch can end the claim: a lease after it was seen.
    tokio::time::advance(LEASE.saturating_sub(Duration::from_secs(1))).await;
    assert!(matches!(slow.claim(&wanted).await.unwrap(), Claimed::Busy(_)), "its holder is at it");
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(matches!(slow.claim(&wanted).await.unwrap(), Claimed::Mine(_)));
}

#[tokio::test]
async fn a_mail_that_has_left_is_recorded_by_who_sent_it_though_another_took_the_claim_over() {
    let street = Harness::new();
    let claims = || SendClaims::new(Arc::clone(&street.table), street.installation.ports.clone());
    let (first, second, wanted) = (claims(), claims(), mail(MailKind::Received));
    let Claimed::Mine(held) = first.claim(&wanted).await.unwrap() else { panic!("nobody else has it") };
    street.installation.advance(SignedDuration::try_from(LEASE).unwrap());
    let Claimed::Mine(taken_over) = second.claim(&wanted).await.unwrap() else { panic!("the lease has ended") };
    // Whoever sent nothing leaves the claim to its holder.
    let skipped = ClaimState::Skipped { why: SkipReason::NoAddress };
    first.settle(&held, &skipped).await.unwrap();
    assert_eq!(street.claim(MailKind::Received).await["state"], "sending");
    let sent = ClaimState::Sent { at: None, received_at: None, receives: None };
    first.settle(&held, &sent).await.unwrap();
    assert_eq!(street.claim(MailKind::Received).await, json!({"state": "sent"}));
    // And its holder does not put it in doubt again.
    second.release(&taken_over).await.unwrap();
    second.settle(&taken_over, &skipped).await.unwrap();
    assert_eq!(street.claim(MailKind::Received).await, json!({"state": "sent"}));
    assert!(matches!(second.claim(&wanted).await.unwrap(), Claimed::Settled));
}

#[tokio::test]
async fn what_fails_for_now_gives_its_claim_back_and_comes_again() {
    let street = Harness::new();
    street.installation.neighbours.set_away(true);
    assert!(is_retry(&street.handle(MailKind::Received).await));
    street.installation.neighbours.set_away(false);
    *street.mailer.mood.lock().unwrap() = Mood::IsAway;
    assert!(is_retry(&street.handle(MailKind::Received).await));
    *street.mailer.mood.lock().unwrap() = Mood::Takes;
    assert_eq!(street.handle(MailKind::Received).await, Disposition::Done);
    assert_eq!(street.sent(), 1);
}

#[tokio::test]
async fn a_lost_answer_means_a_second_copy_under_the_same_message_id() {
    let street = Harness::new();
    *street.mailer.mood.lock().unwrap() = Mood::LosesTheAnswer;
    assert!(is_retry(&street.handle(MailKind::Received).await));
    *street.mailer.mood.lock().unwrap() = Mood::Takes;
    assert_eq!(street.handle(MailKind::Received).await, Disposition::Done);
    let sent = street.mailer.sent.lock().unwrap().clone();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0].message_id, sent[1].message_id);
}

#[tokio::test]
async fn a_mail_to_an_address_that_is_refused_is_a_dead_letter_and_can_be_sent_again() {
    let street = Harness::new();
    *street.mailer.mood.lock().unwrap() = Mood::RefusesTheAddress;
    let refused = street.handle(MailKind::Received).await;
    let Disposition::Reject { reason: "refused_address", error } = &refused else { panic!("{refused:?}") };
    assert_eq!(error, "rcpt was answered with 550 5.1.1");
    assert_eq!(street.claim(MailKind::Received).await["state"], "sending", "nothing is settled");
    // Redriven, once the customer has another address.
    *street.mailer.mood.lock().unwrap() = Mood::Takes;
    assert_eq!(street.handle(MailKind::Received).await, Disposition::Done);
    assert_eq!(street.sent(), 1);
}

#[tokio::test]
async fn an_address_gets_so_many_mails_a_day_whoever_orders_and_the_rest_is_recorded() {
    let street = Harness::new();
    for user in 0..MAILS + 6 {
        let address = if user % 2 == 0 { "victim@example.jp".to_owned() } else { format!("Victim+{user}@example.jp") };
        street.know_as(&format!("usr_{user}"), Some(&address));
        assert_eq!(street.handle_order(&format!("ord_{user}"), &format!("usr_{user}")).await, Disposition::Done);
        // Again, as a queue may bring it: it is paid for once.
        assert_eq!(street.handle_order(&format!("ord_{user}"), &format!("usr_{user}")).await, Disposition::Done);
    }
    assert_eq!(street.sent(), usize::from(MAILS));
    assert_eq!(
        street.claim_of("ord_45", MailKind::Received).await,
        json!({"state": "skipped", "why": "too_many_mails"})
    );
    street.know_as("usr_else", Some("mei@example.jp"));
    street.handle_order("ord_else", "usr_else").await;
    assert_eq!(street.sent(), usize::from(MAILS) + 1, "another address");
    street.installation.advance(SignedDuration::from_hours(24));
    street.handle_order("ord_tomorrow", "usr_0").await;
    assert_eq!(street.sent(), usize::from(MAILS) + 2, "another day");
    // Nothing that is stored shows an address.
    let rows = street.installation.infra.memory_table("notification-claims").all();
    assert!(!format!("{rows:?}").contains('@'), "{rows:?}");
}

#[tokio::test]
async fn a_mail_that_is_tried_again_is_paid_for_once() {
    let street = Harness::new();
    *street.mailer.mood.lock().unwrap() = Mood::IsAway;
    for _ in 0..MAILS + 6 {
        assert!(is_retry(&street.handle(MailKind::Received).await));
    }
    *street.mailer.mood.lock().unwrap() = Mood::Takes;
    for kind in MailKind::ALL {
        assert_eq!(street.handle(kind).await, Disposition::Done);
    }
    assert_eq!(street.sent(), MailKind::ALL.len());
}
