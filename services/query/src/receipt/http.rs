//! The route of an order's receipt, for administrators.

use actix_web::{HttpRequest, web};
use shotengai_contracts::api::receipt::{OrderReceipt, REGION, ReceiptPrices};
use shotengai_kernel::OrderId;
use shotengai_runtime::http::{Answer, QueryParameters, Reply};
use shotengai_runtime::{AdminCaller, PathId, Problem};

use super::Receipts;
use super::sums::receipt;
use crate::http::no_such_order;
use crate::journey::Journeys;
use crate::prices::Prices;

pub(crate) async fn get_receipt(
    request: HttpRequest,
    _: AdminCaller,
    id: PathId<OrderId>,
    journeys: web::Data<Journeys>,
    receipts: web::Data<Receipts>,
) -> Answer<OrderReceipt> {
    let (priced, prices) = receipts.priced(&request)?;
    // Asked first: reading the history is work of this process, and no order's.
    let history = journeys.history(&id, |_| true).await?.ok_or_else(|| no_such_order(&id))?;
    let gathered = receipts.gather(&id).await;
    Ok(Reply::ok(receipt(history, gathered, prices, priced)))
}

impl Receipts {
    /// The prices that a request asks for.
    fn priced(&self, request: &HttpRequest) -> Result<(ReceiptPrices, Prices), Problem> {
        let mut parameters = QueryParameters::of(request)?;
        let wanted = parameters.one(REGION.name);
        let found =
            wanted.as_deref().map_or_else(|| self.prices.nearest(&self.region), |region| self.prices.of(region));
        if found.is_none() {
            parameters
                .fault(REGION.name, format_args!("must be one that prices are known of: {}", self.prices.regions()));
        }
        parameters.finish()?;
        let (region, prices) = found.ok_or_else(|| Problem::bad_request("no prices are known"))?;
        let (region, as_of) = (region.to_owned(), self.prices.as_of.clone());
        Ok((ReceiptPrices { region, as_of, currency: "USD".to_owned() }, prices))
    }
}
