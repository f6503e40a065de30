//! Asks, and writes down what was asked and answered.

use shotengai_runtime::direct_http;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::Value;
use shotengai_tests::local::workspace;
use shotengai_tests::shop::Shop;
use shotengai_tests::wait::until;

use super::names::Names;

/// The headers of an answer that are part of the contract. Those of one connection are not: a proxy has its own.
const CONTRACT: [&str; 10] = [
    "accept",
    "accept-encoding",
    "allow",
    "cache-control",
    "content-type",
    "etag",
    "location",
    "retry-after",
    "shotengai-position",
    "www-authenticate",
];

/// A text longer than this, in bytes, is a document of its own.
const LONG: usize = 20_000;

/// A request to record.
#[derive(Clone)]
pub(super) struct Ask {
    method: Method,
    path: String,
    who: Option<&'static str>,
    session: Option<&'static str>,
    headers: Vec<(&'static str, String)>,
    body: Option<String>,
}

/// An answer, for what comes next.
pub(super) struct Told {
    pub(super) status: u16,
    pub(super) body: Value,
    /// The first cookie that it sets, as the next request brings it.
    pub(super) cookie: Option<String>,
    /// What it says in `ETag`.
    pub(super) tag: Option<String>,
}

pub(super) fn get(path: impl Into<String>) -> Ask {
    ask(Method::GET, path)
}

pub(super) fn post(path: impl Into<String>) -> Ask {
    ask(Method::POST, path)
}

pub(super) fn ask(method: Method, path: impl Into<String>) -> Ask {
    Ask { method, path: path.into(), who: None, session: None, headers: Vec::new(), body: None }
}

impl Ask {
    pub(super) fn by(mut self, who: &'static str) -> Self {
        self.who = Some(who);
        self
    }

    /// With the cookie of a session.
    pub(super) fn session(mut self, of: &'static str) -> Self {
        self.session = Some(of);
        self
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn body(mut self, body: impl Into<String>) -> Self {
        self.body = Some(body.into());
        self
    }

    pub(super) fn json(self, body: impl Into<String>) -> Self {
        self.header("content-type", "application/json").body(body)
    }

    /// Meant for this version.
    pub(super) fn at(self, version: &str) -> Self {
        self.header("if-match", version)
    }

    pub(super) fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }
}

/// Records exchanges in sections, one golden file each.
pub(super) struct Recorder {
    pub(super) shop: Shop,
    client: Client,
    base: String,
    tokens: BTreeMap<&'static str, String>,
    names: Names,
    section: &'static str,
    files: BTreeMap<&'static str, String>,
}

impl Recorder {
    pub(super) fn new(shop: Shop) -> Self {
        let base = shop.base().to_owned();
        let (client, names) = (direct_http().build().unwrap(), Names::default());
        Self { shop, client, base, tokens: BTreeMap::new(), names, section: "", files: BTreeMap::new() }
    }

    pub(super) fn knows(&mut self, who: &'static str, token: &str) {
        self.tokens.insert(who, token.to_owned());
    }

    /// What follows stands in a file of this name.
    pub(super) fn section(&mut self, name: &'static str) {
        self.section = name;
        self.names = Names::default();
    }

    /// What follows is asked there.
    pub(super) fn at(&mut self, base: &str) {
        base.clone_into(&mut self.base);
    }

    /// Waits until `path` answers with this text in it; writes nothing down.
    pub(super) async fn shows(&self, path: &str, who: Option<&'static str>, wanted: &str) {
        until(&format!("{path} shows {wanted}"), Duration::from_secs(60), || async {
            let text = self.request(&get(path.to_owned()).by_maybe(who)).send().await.unwrap().text().await.unwrap();
            if text.contains(wanted) { Ok(()) } else { Err(text) }
        })
        .await;
    }

    fn request(&self, ask: &Ask) -> reqwest::RequestBuilder {
        let mut request = self.client.request(ask.method.clone(), format!("{}{}", self.base, ask.path));
        if let Some(who) = ask.who {
            request = request.bearer_auth(self.tokens.get(who).map_or(who, String::as_str));
        }
        if let Some(session) = ask.session {
            request = request.header("cookie", self.tokens.get(session).map_or(session, String::as_str));
        }
        for (name, value) in &ask.headers {
            request = request.header(*name, value);
        }
        match &ask.body {
            Some(body) => request.body(body.clone()),
            None => request,
        }
    }

    /// Asks, and writes down.
    pub(super) async fn asks(&mut self, title: &str, ask: Ask) -> Told {
        let answer = self.request(&ask).send().await.unwrap_or_else(|error| panic!("{title}: {error:?}"));
        let (status, headers) = (answer.status(), answer.headers().clone());
        let text = answer.text().await.unwrap();

        let cookie = headers.get("set-cookie").and_then(|cookie| cookie.to_str().ok()?.split(';').next());
        let cookie = cookie.map(str::to_owned);
        let tag = headers.get("etag").map(|tag| tag.to_str().unwrap().to_owned());
        let Ask { method, path, who, session, headers: sent, body } = ask;
        let mut written = format!("### {title}\n{method} {}\n", self.names.replace(&path));
        if let Some(who) = who {
            let _infallible = writeln!(written, "authorization: Bearer <{who}>");
        }
        if let Some(session) = session {
            let _infallible = writeln!(written, "cookie: refresh_token=<{session}>");
        }
        for (name, value) in &sent {
            let _infallible = writeln!(written, "{name}: {}", tagged(value));
        }
        match body {
            Some(body) if body.len() > 1000 => written += &format!("\n<{} bytes>\n", body.len()),
            Some(body) => written += &format!("\n{}\n", self.names.replace(&body)),
            None => {}
        }
        let _infallible = writeln!(written, "\n# {status}");
        for name in CONTRACT {
            for value in headers.get_all(name) {
                let value = self.names.replace(&tagged(value.to_str().unwrap()));
                let value = if name == "retry-after" && status == 429 { "<seconds>".to_owned() } else { value };
                let _infallible = writeln!(written, "# {name}: {value}");
            }
        }
        // For people: other tests hold these.
        let prose = headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/"));
        let prose = prose || text.len() > LONG;
        let text_shown = match () {
            () if prose => "<a text>".to_owned(),
            () if status == 429 => waits(&text),
            () if path.contains("minutes=") && status == 200 => self.names.replace(&one_minute(&text)),
            () => self.names.replace(&text),
        };
        for line in text_shown.lines() {
            let _infallible = writeln!(written, "{}", format!("# {line}").trim_end());
        }
        let file = self.files.entry(self.section).or_default();
        if !file.is_empty() {
            file.push('\n');
        }
        file.push_str(&written);
        Told { status: status.as_u16(), body: serde_json::from_str(&text).unwrap_or(Value::Null), cookie, tag }
    }

    /// Writes a text down as it stands.
    pub(super) fn notes(&mut self, title: &str, text: &str) {
        let text = self.names.replace(text);
        let _infallible = write!(self.files.entry(self.section).or_default(), "\n### {title}\n# {text}\n");
    }

    /// Holds what was recorded against the golden files, or writes them.
    pub(super) fn compare(&self) {
        let folder = workspace().join("tests").join("golden").join("api");
        let update = std::env::var_os("UPDATE_GOLDEN").is_some();
        let mut faults = Vec::new();
        for (name, text) in &self.files {
            let path = folder.join(format!("{name}.http"));
            if update {
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(&path, text).unwrap();
            }
            faults.extend(difference(&path, text));
        }
        for entry in std::fs::read_dir(&folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let known = name.strip_suffix(".http").is_some_and(|name| self.files.contains_key(name));
            assert!(known, "tests/golden/api/{name} was recorded by nothing");
        }
        assert!(faults.is_empty(), "UPDATE_GOLDEN=1 writes them anew, if that is meant:\n{}", faults.join("\n"));
    }
}

impl Ask {
    fn by_maybe(mut self, who: Option<&'static str>) -> Self {
        self.who = who;
        self
    }
}

/// Each exchange that differs, as it should be and as it is.
fn difference(path: &PathBuf, text: &str) -> Vec<String> {
    let golden = std::fs::read_to_string(path).unwrap_or_default();
    let split = |text: &str| text.split("### ").skip(1).map(str::to_owned).collect::<Vec<_>>();
    let (golden, now) = (split(&golden), split(text));
    let most = golden.len().max(now.len());
    let pairs = (0..most).map(|at| (golden.get(at).cloned(), now.get(at).cloned()));
    let differing = pairs.filter(|(golden, now)| golden.as_deref().map(str::trim) != now.as_deref().map(str::trim));
    let show = |text: Option<String>| text.unwrap_or_else(|| "nothing".to_owned());
    let name = path.display();
    differing.map(|(golden, now)| format!("{name}: golden is\n{}\nnow it is\n{}", show(golden), show(now))).collect()
}

/// A tag, without the digest of what may have ids in it.
fn tagged(value: &str) -> String {
    let tag = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default();
    let (version, digest) = tag.rsplit_once('.').map_or(("", tag), |(version, digest)| (version, digest));
    let is_one = digest.len() == 16 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    match version {
        _ if !is_one => value.to_owned(),
        "" => "\"<digest>\"".to_owned(),
        version => format!("\"{version}.<digest>\""),
    }
}

/// A refusal for too many requests, without the seconds to wait and the request's id.
fn waits(text: &str) -> String {
    let mut problem: Value = serde_json::from_str(text).unwrap();
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.starts_with("the next one in ") && detail.ends_with(" s"), "{detail}");
    problem["detail"] = "the next one in <seconds> s".into();
    problem["instance"] = "urn:uuid:<request>".into();
    problem.to_string()
}

/// A tally of one product with all its minutes in one: what is sold and what comes back fall into two when a minute ends
/// between them.
fn one_minute(text: &str) -> String {
    let tally: Value = serde_json::from_str(text).unwrap();
    let minutes = tally["products"][0]["minutes"].as_array().unwrap();
    let sum = |of: &str| minutes.iter().map(|minute| minute[of].as_u64().unwrap()).sum::<u64>();
    let (sold, returned) = (sum("sold"), sum("returned"));
    let (before, rest) = text.split_once(r#""minutes":["#).unwrap();
    let (_, after) = rest.split_once(']').unwrap();
    let minute = minutes[0]["minute"].as_str().unwrap();
    format!(r#"{before}"minutes":[{{"minute":"{minute}","sold":{sold},"returned":{returned}}}]{after}"#)
}
