//! Currency of all prices.

use shotengai_kernel::Currency;

use super::{Faults, Given, SettingsGroup, parsed};

/// Currency of all prices, on the way in.
#[derive(clap::Args, Clone, Debug)]
pub struct CurrencyArgs {
    /// Currency of all prices (ISO 4217)
    #[arg(long, env = "CURRENCY", default_value = "JPY", value_name = "CODE", value_parser = parsed(currency))]
    currency: Given<Currency>,
}

impl SettingsGroup for CurrencyArgs {
    type Settings = Currency;

    fn check(self, faults: &mut Faults) -> Option<Currency> {
        faults.take(self.currency)
    }
}

fn currency(text: &str) -> Result<Currency, String> {
    Currency::parse(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_in_yen_unless_another_currency_is_named() {
        assert_eq!(CurrencyArgs::defaults(), Currency::JPY);
        assert_eq!(CurrencyArgs::from_flags(["--currency=USD"]).unwrap(), Currency::parse("USD").unwrap());
        assert_eq!(CurrencyArgs::from_flags(["--currency=yen"]).unwrap_err().names(), ["CURRENCY"]);
    }
}
