//! The web page, at both of its paths.

use actix_web::test::TestRequest;

use crate::support::{Door, nobody};

#[actix_web::test]
async fn the_page_is_served_with_a_policy_of_its_own_and_kept_by_nobody() {
    let door = Door::open(nobody()).await;
    for path in ["/", "/tally/"] {
        let answer = door.ask(TestRequest::get().uri(path)).await;
        assert_eq!(answer.status, 200, "{path}");
        let header = |name: &str| answer.headers.get(name).unwrap().to_str().unwrap();
        assert_eq!((header("content-type"), header("cache-control")), ("text/html; charset=utf-8", "no-cache"));
        assert!(header("content-security-policy").contains("connect-src 'self'"), "{path}");
    }
}
