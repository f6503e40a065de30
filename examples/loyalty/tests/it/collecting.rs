//! Paid orders give points, each once, whatever the messages do.

use shotengai_contracts::events::OrderStage;
use shotengai_kit::Sender;
use shotengai_messaging::Disposition;
use shotengai_testing::memory::InjectedFault;

use crate::support::{Shop, cancelled, paid};

#[tokio::test]
async fn a_paid_order_gives_points_once_however_often_it_comes() {
    let shop = Shop::new();
    assert_eq!(shop.points().await, 0);
    shop.collect(&[paid(1, 620), paid(1, 620), paid(2, 99)]).await;
    shop.collect(&[paid(1, 620), paid(3, 100)]).await;
    assert_eq!(shop.points().await, 6 + 1, "a point for each whole hundred");
    assert_eq!(shop.get(Sender::Customer("ken")).await.1["points"], 0, "of another customer");
}

#[tokio::test]
async fn an_order_that_was_cancelled_gives_nothing_in_the_end_in_any_order() {
    let [one, gone, never] =
        [paid(1, 500), cancelled(1, 500, OrderStage::Paid), cancelled(2, 900, OrderStage::Pending)];
    for history in [[&one, &gone, &never, &gone], [&gone, &never, &one, &one], [&never, &gone, &gone, &one]] {
        let shop = Shop::new();
        for event in history {
            shop.collect(std::slice::from_ref(event)).await;
        }
        assert_eq!(shop.points().await, 0, "{history:?}");
    }
}

#[tokio::test]
async fn an_order_is_counted_once_when_the_tables_answer_is_lost() {
    let shop = Shop::new();
    shop.faults.breaks("table.transact", InjectedFault::LoseAnswer);
    let answers = shop.handle(&[paid(1, 500)]).await;
    assert!(matches!(answers[..], [Disposition::Failed { .. }]), "{answers:?}");
    shop.collect(&[paid(1, 500)]).await;
    assert_eq!(shop.points().await, 5);
}

#[tokio::test]
async fn readiness_waits_for_the_table_and_the_queue() {
    let shop = Shop::new();
    let mut names: Vec<_> = shop.role.role.checks.iter().map(|check| check.name().to_owned()).collect();
    names.sort();
    assert_eq!(names, ["loyalty-points", "loyalty-queue"]);
}
