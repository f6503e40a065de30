//! Guessed passwords: whoever fails too often waits, and the owner of the account doesn't.

use std::net::IpAddr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use shotengai_gateway::Guesses;
use shotengai_gateway::caller::Counted;
use shotengai_kernel::Ports;
use shotengai_runtime::KeyedHash;

use crate::domain::email::canonical;

/// Failures at once after a pause: more than somebody needs who has some passwords.
const AT_ONCE: u32 = 5;
/// One more with each of these: ten a minute.
const STEP: Duration = Duration::from_secs(6);

/// Counts failed sign-ins, by account and address or by device.
pub struct Guessing {
    guesses: Guesses,
    hash: KeyedHash,
    ports: Ports,
}

/// Somebody who tries to sign in.
#[derive(Debug, Clone)]
pub struct Attempt {
    account: String,
    who: Counted,
}

impl Guessing {
    /// Nobody has failed yet; `hash` is for this purpose alone.
    #[must_use]
    pub fn new(hash: KeyedHash, ports: Ports) -> Self {
        Self { guesses: Guesses::new(AT_ONCE, STEP), hash, ports }
    }

    /// Charges an attempt at the account of this e-mail address, if it has one, from this address and device.
    ///
    /// # Errors
    /// The seconds to wait.
    pub fn attempt(&self, email: &str, address: IpAddr, device: Option<&str>) -> Result<Attempt, u32> {
        let account = self.text(&canonical(email));
        let known = device.filter(|device| self.is_of(device, &account));
        let who = match known {
            Some(device) => Counted::Device(device.to_owned()),
            None => Counted::Account { account: account.clone(), address },
        };
        self.guesses.charge(&who)?;
        Ok(Attempt { account, who })
    }

    /// Gives back an attempt that did not fail by its password.
    pub fn give_back(&self, attempt: &Attempt) {
        self.guesses.give_back(&attempt.who);
    }

    /// Cookie by which the device of an attempt that succeeded is known from now on; none where it is known already.
    #[must_use]
    pub fn device(&self, attempt: &Attempt) -> Option<SecretString> {
        if matches!(attempt.who, Counted::Device(_)) {
            return None;
        }
        let id = self.ports.ids.uuid_v7().simple().to_string();
        Some(format!("{id}.{}", self.signature(&id, &attempt.account)).into())
    }

    /// Whether a device has signed in to this account. Nobody finds a signature of 256 bits by comparing times.
    fn is_of(&self, device: &str, account: &str) -> bool {
        device.split_once('.').is_some_and(|(id, signature)| signature == self.signature(id, account))
    }

    fn signature(&self, id: &str, account: &str) -> String {
        self.text(&format!("{id}.{account}"))
    }

    fn text(&self, of: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.hash.of(of.as_bytes()))
    }
}
