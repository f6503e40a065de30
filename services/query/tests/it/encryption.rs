//! PostgreSQL over TLS: what is trusted, and what is refused.

use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use shotengai_runtime::{DatabaseSettings, postgres_pool};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::support::empty_database_url;

/// PostgreSQL's SSLRequest: its length and its code (protocol documentation, "Message Formats").
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// A server that speaks TLS in front of the one that doesn't.
struct Encrypted {
    url: String,
    folder: TempDir,
}

impl Encrypted {
    /// In front of the server of `plain`; its certificate is for `name`.
    async fn before(plain: &str, name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("authority.pem"), authority.pem()).unwrap();

        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let behind = plain.split('@').nth(1).unwrap().split('/').next().unwrap().to_owned();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let (acceptor, behind) = (acceptor.clone(), behind.clone());
                tokio::spawn(async move {
                    let mut request = [0; 8];
                    client.read_exact(&mut request).await.unwrap();
                    assert_eq!(request, SSL_REQUEST);
                    client.write_all(b"S").await.unwrap();
                    // A client that doesn't trust us ends here.
                    let Ok(mut client) = acceptor.accept(client).await else { return };
                    let mut server = TcpStream::connect(behind).await.unwrap();
                    let _ = copy_bidirectional(&mut client, &mut server).await;
                });
            }
        });
        let url = plain.replace(plain.split('@').nth(1).unwrap().split('/').next().unwrap(), &address.to_string());
        Self { url, folder }
    }

    fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }
}

async fn answer(url: &str, ca_file: Option<PathBuf>) -> Result<i32, String> {
    let ca_file = ca_file.map(|path| path.display().to_string());
    let settings = DatabaseSettings { url: url.to_owned().into(), ca_file };
    let pool = postgres_pool(&settings).map_err(|error| format!("{error:#}"))?;
    let client = pool.get().await.map_err(|error| format!("{:#}", anyhow::Error::from(error)))?;
    let row = client.query_one("select 41 + 1", &[]).await.map_err(|error| error.to_string())?;
    Ok(row.get(0))
}

#[tokio::test]
async fn a_server_that_speaks_tls_is_used_when_its_authority_is_trusted() {
    let plain = empty_database_url("encrypted").await;
    let server = Encrypted::before(&plain, "127.0.0.1").await;
    let required = format!("{}?sslmode=require", server.url);
    assert_eq!(answer(&required, Some(server.authority())).await, Ok(42));
    assert_eq!(answer(&server.url, Some(server.authority())).await, Ok(42));

    let stranger = Encrypted::before(&plain, "127.0.0.1").await;
    let error = answer(&required, Some(stranger.authority())).await.unwrap_err();
    assert!(error.contains("certificate"), "{error}");
    let error = answer(&required, None).await.unwrap_err();
    assert!(error.contains("certificate"), "{error}");
}

#[tokio::test]
async fn a_server_with_another_name_is_refused() {
    let plain = empty_database_url("encrypted_elsewhere").await;
    let server = Encrypted::before(&plain, "elsewhere.example").await;
    let error = answer(&format!("{}?sslmode=require", server.url), Some(server.authority())).await.unwrap_err();
    assert!(error.contains("certificate"), "{error}");
}

#[tokio::test]
async fn a_password_is_not_sent_in_the_clear_where_tls_is_required() {
    let plain = empty_database_url("in_the_clear").await;
    assert_eq!(answer(&plain, None).await, Ok(42));
    let error = answer(&format!("{plain}?sslmode=require"), None).await.unwrap_err();
    assert!(error.contains("TLS"), "{error}");
}

#[tokio::test]
async fn a_file_that_holds_no_certificate_is_named() {
    let plain = empty_database_url("no_certificate").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("empty.pem");
    let missing = answer(&plain, Some(file.clone())).await.unwrap_err();
    assert!(missing.starts_with("DATABASE_CA_FILE") && missing.contains("empty.pem"), "{missing}");
    std::fs::write(&file, "nothing of the kind\n").unwrap();
    let empty = answer(&plain, Some(file)).await.unwrap_err();
    assert!(empty.contains("holds no certificate"), "{empty}");
}
