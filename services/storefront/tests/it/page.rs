//! The web pages: all of them are answered with the page that the application begins with.

use actix_web::test::TestRequest;

use crate::support::{Door, nobody};

#[actix_web::test]
async fn a_page_is_served_with_a_policy_of_its_own_and_kept_by_nobody() {
    let door = Door::open(nobody()).await;
    for path in ["/", "/tally/", "/live", "/shop/orders/ord_1", "/admin", "/admin/products"] {
        let answer = door.ask(TestRequest::get().uri(path)).await;
        assert_eq!(answer.status, 200, "{path}");
        let header = |name: &str| answer.headers.get(name).unwrap().to_str().unwrap();
        assert_eq!((header("content-type"), header("cache-control")), ("text/html; charset=utf-8", "no-cache"));
        assert!(header("content-security-policy").contains("connect-src 'self'"), "{path}");
    }
}

#[actix_web::test]
async fn what_is_not_there_is_a_problem_for_programs_and_a_page_for_people() {
    let door = Door::open(nobody()).await;
    let kind =
        |answer: &crate::support::Answer| answer.headers.get("content-type").unwrap().to_str().unwrap().to_owned();
    for path in ["/nowhere", "/liver", "/index.html", "/shopping", "/assets/none-12345678.js"] {
        let program = door.ask(TestRequest::get().uri(path).insert_header(("accept", "*/*"))).await;
        assert_eq!((program.status.as_u16(), kind(&program).as_str()), (404, "application/problem+json"), "{path}");
        let browser = ("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");
        let person = door.ask(TestRequest::get().uri(path).insert_header(browser)).await;
        assert_eq!((person.status.as_u16(), kind(&person).as_str()), (404, "text/html; charset=utf-8"), "{path}");
        assert_eq!(person.headers.get("vary").unwrap(), "accept", "{path}");
    }
    let written = door.ask(TestRequest::post().uri("/shop/cart").insert_header(("accept", "text/html"))).await;
    assert_eq!((written.status.as_u16(), kind(&written).as_str()), (404, "application/problem+json"));
}
