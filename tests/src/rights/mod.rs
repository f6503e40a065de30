//! Roles held to their rights: a process that is one role alone reaches its AWS through a guard, which refuses whatever the
//! role's IAM policy does not allow.
//!
//! Each role has a guard of its own, an address that stands for the credentials that its pods would have. So the street behind
//! it needs to know nothing of IAM, and a request that catalog signed for a client is judged by catalog's rights, as on AWS.
//! The policies are [`Rights`], those of the emitted stack. A test that brings an endpoint of its own is not guarded there.
//!
//! - [`need`]: which rights a request needs. [`guard`]: who has them.
//!
//! `E2E_RIGHTS=<folder>` writes down which rights there were and which were used; `tests/rights.py` compares.

pub mod guard;
pub mod need;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use shotengai_aws::AwsConfig;
use shotengai_contracts::topology::buckets::{EVENT_ARCHIVE, PRODUCT_IMAGES};
use shotengai_contracts::topology::{SHOTENGAI, Service};
use shotengai_provisioning::{Options, Rights};

use crate::stream;
use crate::test_cluster::TestCluster;

use guard::Guard;

/// What a role's rights depend on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Settings {
    role: &'static str,
    captured: bool,
}

/// The guards of a street.
#[derive(Default)]
pub struct Guards(Mutex<BTreeMap<Settings, Arc<Guard>>>);

impl Guards {
    /// What was refused so far, each as a sentence; forgets it.
    pub fn take_refused(&self) -> Vec<String> {
        self.all().iter().flat_map(|guard| guard.take_refused()).collect()
    }

    fn all(&self) -> Vec<Arc<Guard>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// The street ends: writes down what was used, and tells what was refused.
    pub(crate) fn end(&self) -> Vec<String> {
        if let Some(folder) = std::env::var_os("E2E_RIGHTS") {
            self.write_down(Path::new(&folder));
        }
        self.take_refused()
    }

    fn write_down(&self, folder: &Path) {
        let lines: String = self.all().iter().flat_map(|guard| guard.lines()).collect();
        std::fs::create_dir_all(folder).unwrap();
        let file = folder.join(format!("{}.tsv", std::process::id()));
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file).unwrap();
        // In one piece, since tests end side by side.
        file.write_all(lines.as_bytes()).unwrap();
    }
}

impl TestCluster {
    /// Where a process with these roles and settings finds its AWS, if it is one role alone and no test says where.
    pub(crate) fn guarded(&self, roles: &str, extra: &[(&str, &str)]) -> Option<String> {
        let service = *SHOTENGAI.services.iter().find(|service| service.as_str() == roles)?;
        let set = |name| extra.iter().rev().find(|(set, _)| *set == name).map(|(_, value)| *value);
        // A subscription answers for minutes, and the proxy hands answers on when they are whole.
        if set("AWS_ENDPOINT_URL").is_some() || set("STREAM_READ") == Some("push") {
            return None;
        }
        // A stream that is not the installation's is no role's: a test breaks publishing so.
        if set("KINESIS_STREAM_NAME").is_some() {
            return None;
        }
        let captured = set("PUBLISH").map_or_else(stream::captured, |publish| publish == "cdc");
        Some(self.guard(service, captured).url())
    }

    /// The guard of a role, where change capture feeds the stream or not.
    #[must_use]
    pub fn guard(&self, service: Service, captured: bool) -> Arc<Guard> {
        let settings = Settings { role: service.as_str(), captured };
        let mut all = self.guards.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(settings).or_insert_with(|| {
            let config = self.aws.config();
            // Chosen names, since a stack puts the account's number behind its own.
            let [images, archive] =
                [&PRODUCT_IMAGES, &EVENT_ARCHIVE].map(|bucket| Some(config.bucket_name(bucket.name)));
            let marks_outbox = !captured;
            let config = AwsConfig { marks_outbox, image_bucket: images, archive_bucket: archive, ..config.clone() };
            let rights = Rights::of(&config, &Options { archive: true, ..Options::default() }, service);
            Arc::new(Guard::start(&self.endpoint_url(), service, &rights, self.account(), &config))
        }))
    }

    /// The guards of its roles.
    #[must_use]
    pub const fn guards(&self) -> &Guards {
        &self.guards
    }
}
