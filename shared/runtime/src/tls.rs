//! TLS towards servers outside the installation.

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// A client that trusts the certificates of `ca_file` alone, or those of the system where there is no such file. An empty
/// set is no error for the system's: only who must speak TLS is stopped by it. `setting` names the file's setting.
///
/// # Errors
/// When the file can't be read, or holds no certificate.
pub fn client_config(ca_file: Option<&str>, setting: &str) -> anyhow::Result<(ClientConfig, bool)> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = ca_file {
        let unreadable = || format!("{setting} {path} can't be used");
        for certificate in CertificateDer::pem_file_iter(path).with_context(unreadable)? {
            roots.add(certificate.with_context(unreadable)?).with_context(unreadable)?;
        }
        ensure!(!roots.is_empty(), "{}: it holds no certificate", unreadable());
    } else {
        // What can't be read is not trusted.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    let trusts_any = !roots.is_empty();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let client = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok((client.with_root_certificates(roots).with_no_client_auth(), trusts_any))
}
