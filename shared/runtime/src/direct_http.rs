//! The HTTP client of everything that talks to the installation itself.

use reqwest::ClientBuilder;

/// A client that connects to the address it is given, whatever `HTTP_PROXY`, `HTTPS_PROXY` and `ALL_PROXY` say.
///
/// Many clusters put these variables into every pod. Internal calls carry the token that our services share, customers'
/// addresses, and the keys that say who is administrator: a proxy could read the first two and choose the third.
#[expect(clippy::disallowed_methods, reason = "the one place that makes clients")]
pub fn direct_http() -> ClientBuilder {
    ClientBuilder::new().no_proxy()
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::process::Command;
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::time::timeout;

    use super::*;

    const WITHIN: Duration = Duration::from_secs(30);
    const URL: &str = "DIRECT_HTTP_TEST_URL";

    /// Runs itself again with a proxy in its environment, where nobody listens.
    #[tokio::test]
    async fn proxies_of_the_environment_are_not_used() {
        if let Ok(url) = env::var(URL) {
            let answer = direct_http().build().unwrap().get(url).send().await.unwrap();
            assert_eq!(answer.text().await.unwrap(), "direct");
            return;
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let again = tokio::task::spawn_blocking(move || {
            let mut command = Command::new(env::current_exe().unwrap());
            command.args(["--exact", "direct_http::tests::proxies_of_the_environment_are_not_used"]).env(URL, url);
            for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
                command.env(name, "http://127.0.0.1:9");
            }
            command.env_remove("NO_PROXY").env_remove("no_proxy").output().unwrap()
        });
        let (mut asked, _) = timeout(WITHIN, listener.accept()).await.unwrap().unwrap();
        // A socket that is closed with something unread resets the connection.
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            assert_ne!(timeout(WITHIN, asked.read_buf(&mut head)).await.unwrap().unwrap(), 0);
        }
        asked.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\ndirect").await.unwrap();
        let again = again.await.unwrap();
        let said = String::from_utf8_lossy(&again.stdout).into_owned();
        assert!(again.status.success() && said.contains("1 passed"), "{said}");
    }
}
