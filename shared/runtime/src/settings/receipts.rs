//! For how many orders a process keeps what they cost it.

use super::{Faults, Given, SettingsGroup, whole};

/// For how many orders a process keeps what they cost it, on the way in.
#[derive(clap::Args, Clone, Debug)]
pub struct ReceiptArgs {
    /// For how many of its last orders a process keeps what they cost it, in memory, 10,000 in some 10 MB; 0 keeps none
    #[arg(long, env = "RECEIPT_ORDERS", default_value = "10000", value_name = "0..1000000", value_parser = whole::<usize>())]
    receipt_orders: Given<usize>,
}

impl SettingsGroup for ReceiptArgs {
    type Settings = usize;

    fn check(self, faults: &mut Faults) -> Option<usize> {
        faults.take(self.receipt_orders)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipts_of_ten_thousand_orders_are_kept_unless_something_else_is_said() {
        assert_eq!(ReceiptArgs::defaults(), 10_000);
        assert_eq!(ReceiptArgs::from_flags(["--receipt-orders=0"]).unwrap(), 0);
        let error = ReceiptArgs::from_flags(["--receipt-orders=many"]).unwrap_err();
        assert_eq!(error.names(), ["RECEIPT_ORDERS"], "{error}");
    }
}
