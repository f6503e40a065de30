//! `GET /internal/receipts/{id}`: what an order has cost this process. Every process answers it, whatever its roles.

use shotengai_contracts::api::INTERNAL_RECEIPT;
use shotengai_contracts::api::receipt::{MeteredLine, MeteredOrder, ReceiptProcess};
use shotengai_kernel::OrderId;
use shotengai_messaging::receipts::{self, Account, AccountLine};

use super::{Answer, InternalCaller, PathId, Reply, Routes};

/// Adds it.
pub(super) fn routes(routes: &mut Routes) {
    routes.route(INTERNAL_RECEIPT, tell);
}

async fn tell(_: InternalCaller, id: PathId<OrderId>) -> Answer<MeteredOrder> {
    Ok(Reply::ok(metered(&id)))
}

/// What this order has cost this process.
#[must_use]
pub fn metered(order: &OrderId) -> MeteredOrder {
    let Some(account) = receipts::ledger().map(|ledger| ledger.account(order)) else {
        return MeteredOrder { process: None, commits: 0, working_nanos: 0, lines: Vec::new() };
    };
    let Account { process, roles, since, lines, commits, working } = account;
    let roles = roles.into_iter().map(str::to_owned).collect();
    let process = Some(ReceiptProcess { process, roles, since });
    MeteredOrder { process, commits, working_nanos: working, lines: lines.into_iter().map(line).collect() }
}

fn line(line: AccountLine) -> MeteredLine {
    let AccountLine { service, operation, unit, amounts } = line;
    MeteredLine {
        service,
        operation,
        unit: unit.to_owned(),
        requests: amounts.requests,
        units: amounts.units,
        entries: amounts.entries,
        bytes: amounts.bytes,
    }
}
