//! Files of the web pages, as the build put them into the binary.

use actix_web::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, VARY,
};
use actix_web::{HttpRequest, HttpResponse};

/// Names of files below this change with their contents, so that whoever has one may keep it for ever.
const HASHED: &str = "assets/";
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const AN_HOUR: &str = "public, max-age=3600";

/// One built file.
pub(super) struct File {
    /// Path below the pages' root, without a leading slash.
    pub(super) name: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

/// All built files; none where the binary was built without pages.
const FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/web_files.rs"));

/// The page that every address of the pages begins with; `None` where the binary was built without pages.
#[must_use]
pub(super) fn index() -> Option<&'static str> {
    find("index.html").and_then(|file| std::str::from_utf8(file.plain).ok())
}

/// The file of this name.
#[must_use]
pub(super) fn find(name: &str) -> Option<&'static File> {
    FILES.binary_search_by(|file| file.name.cmp(name)).ok().map(|at| &FILES[at])
}

impl File {
    /// The answer that has it, in the smallest coding that the request takes.
    #[must_use]
    pub(super) fn serve(&self, request: &HttpRequest) -> HttpResponse {
        let (coding, bytes) = self.coded(request.headers());
        let cache = if self.name.starts_with(HASHED) { FOR_EVER } else { AN_HOUR };
        let mut answer = HttpResponse::Ok();
        answer.insert_header((CONTENT_TYPE, media_type(self.name))).insert_header((CACHE_CONTROL, cache));
        if self.brotli.is_some() || self.gzip.is_some() {
            answer.insert_header((VARY, HeaderValue::from_static("accept-encoding")));
        }
        if let Some(coding) = coding {
            answer.insert_header((CONTENT_ENCODING, coding));
        }
        answer.body(bytes)
    }

    fn coded(&self, headers: &HeaderMap) -> (Option<&'static str>, &'static [u8]) {
        for (coding, bytes) in [("br", self.brotli), ("gzip", self.gzip)] {
            if let Some(bytes) = bytes.filter(|_| takes(headers, coding)) {
                return (Some(coding), bytes);
            }
        }
        (None, self.plain)
    }
}

/// Whether the client names this coding, and not to refuse it. `*` is not taken for it: plain is always right.
fn takes(headers: &HeaderMap, coding: &str) -> bool {
    let said = headers.get_all(ACCEPT_ENCODING).filter_map(|value| value.to_str().ok());
    said.flat_map(|value| value.split(',')).any(|offer| {
        let (name, weight) = offer.split_once(';').unwrap_or((offer, "q=1"));
        let refused = weight.trim().strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()).is_some_and(|q| q <= 0.0);
        name.trim().eq_ignore_ascii_case(coding) && !refused
    })
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/vnd.microsoft.icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    const SCRIPT: File = File { name: "assets/a-1.js", plain: b"plain", brotli: Some(b"brotli"), gzip: Some(b"gzip") };

    #[test]
    fn the_smallest_coding_that_the_client_takes_is_served() {
        for (said, coding) in [
            ("gzip, deflate, br", Some("br")),
            ("GZIP", Some("gzip")),
            ("br;q=0, gzip;q=0.5", Some("gzip")),
            ("br; q=0", None),
            ("*", None),
            ("identity", None),
        ] {
            let request = TestRequest::get().insert_header((ACCEPT_ENCODING, said)).to_http_request();
            let answer = SCRIPT.serve(&request);
            let told = answer.headers().get(CONTENT_ENCODING).map(|value| value.to_str().unwrap());
            assert_eq!(told, coding, "{said}");
            assert_eq!(answer.headers().get(VARY).unwrap(), "accept-encoding", "{said}");
        }
    }

    #[test]
    fn only_what_is_named_by_its_contents_is_kept_for_ever() {
        let request = TestRequest::get().to_http_request();
        let kept = |name| {
            let file = File { name, plain: b"", brotli: None, gzip: None };
            file.serve(&request).headers().get(CACHE_CONTROL).unwrap().to_str().unwrap().to_owned()
        };
        assert_eq!((kept("assets/a-1.js"), kept("favicon.svg")), (FOR_EVER.to_owned(), AN_HOUR.to_owned()));
    }

    #[test]
    fn every_built_file_is_found_and_has_a_media_type() {
        for file in FILES {
            assert!(find(file.name).is_some(), "{}", file.name);
            assert_ne!(media_type(file.name), "application/octet-stream", "{}", file.name);
        }
    }
}
