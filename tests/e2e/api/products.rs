//! Products and their stock: writing and reading.

use reqwest::Method;

use super::recorder::{Ask, Recorder, ask, get, post};

const KINOKO: &str =
    r#"{"product_id":"prod_kinoko","name":"きのこの山","description":"Chocolate caps.","price":200,"stock":10}"#;
const TAKENOKO: &str = r#"{"product_id":"prod_takenoko","name":"たけのこの里","price":220}"#;
const KEYED: &str = r#"{"name":" Senbei ","price":350}"#;

pub(super) async fn record(recorder: &mut Recorder) {
    recorder.section("products-writing");
    create(recorder).await;
    change(recorder).await;
    stock(recorder).await;
    recorder.section("products-reading");
    read(recorder).await;
    recorder.section("products-searching");
    search(recorder).await;
}

async fn create(recorder: &mut Recorder) {
    let create = post("/products").by("admin");
    recorder.asks("a product with an id and stock", create.clone().json(KINOKO)).await;
    recorder.asks("the same again", create.clone().json(KINOKO)).await;
    recorder.asks("another under the same id", create.clone().json(KINOKO.replace("200", "201"))).await;
    recorder.asks("a product with an id", create.clone().json(TAKENOKO)).await;
    recorder.asks("a product with a key", create.clone().key("senbei-1").json(KEYED)).await;
    recorder.asks("the same with the same key", create.clone().key("senbei-1").json(KEYED)).await;
    recorder.asks("another with the same key", create.clone().key("senbei-1").json(KEYED.replace("350", "1"))).await;
    recorder.asks("a key with a space", create.clone().key("a b").json(KEYED)).await;
    let bad = r#"{"name":"","description":"a\u0000b","price":-1,"stock":1000001}"#;
    recorder.asks("every field out of bounds", create.clone().json(bad)).await;
    let fraction = r#"{"name":"Half a yen","price":0.5}"#;
    recorder.asks("a fraction of a yen", create.clone().json(fraction)).await;
    let types = r#"{"product_id":"kinoko","name":7,"price":"200","stock":-1,"colour":"brown"}"#;
    recorder.asks("every field of another type, and one that is unknown", create.clone().json(types)).await;
    recorder.asks("a field is missing", create.clone().json(r#"{"name":"No price"}"#)).await;
    recorder.asks("a field twice", create.json(r#"{"name":"a","name":"b","price":1}"#)).await;
    recorder.asks("a guest creates", post("/products").by("guest").json(TAKENOKO)).await;
    recorder.asks("nobody creates", post("/products").json(TAKENOKO)).await;
}

async fn change(recorder: &mut Recorder) {
    let change = ask(Method::PUT, "/products/prod_takenoko").by("admin");
    versions(recorder, &change).await;
    let change = change.at("*");
    let same = r#"{"name":"たけのこの里","description":"","price":220}"#;
    recorder.asks("nothing differs", change.clone().json(same)).await;
    let both = r#"{"name":"たけのこの里","description":"Biscuit shoots.","price":230}"#;
    recorder.asks("price and description differ", change.clone().json(both)).await;
    recorder.asks("both differ again", change.clone().json(same)).await;
    recorder.asks("the description is left out", change.clone().json(r#"{"name":"たけのこの里","price":1}"#)).await;
    recorder.asks("a bad name", change.clone().json(r#"{"name":"a\nb","description":"","price":220}"#)).await;
    recorder
        .asks("an unknown field", change.clone().json(r#"{"name":"a","description":"","price":1,"stock":5}"#))
        .await;
    recorder.asks("no name", change.json(r#"{"price":1}"#)).await;
    let there = |path: &str| ask(Method::PUT, path);
    recorder.asks("a product that is none", there("/products/prod_none").by("admin").at("*").json(same)).await;
    recorder.asks("an id that is none", there("/products/none").by("admin").at("*").json(same)).await;
    recorder.asks("a guest changes", there("/products/prod_takenoko").by("guest").at("*").json(same)).await;

    let passing = r#"{"product_id":"prod_passing","name":"Passing","price":1,"stock":1}"#;
    recorder.asks("a product that will go", post("/products").by("admin").json(passing)).await;
    let delete = ask(Method::DELETE, "/products/prod_passing");
    recorder.asks("nobody deletes", delete.clone()).await;
    recorder.asks("a guest deletes", delete.clone().by("guest")).await;
    recorder.asks("deleting without a version", delete.clone().by("admin")).await;
    recorder.asks("deleting another version", delete.clone().by("admin").at("\"9\"")).await;
    recorder.asks("deleting", delete.clone().by("admin").at("\"1\"")).await;
    recorder.asks("deleting again", delete.by("admin").at("\"1\"")).await;
    recorder.asks("deleting what never was", ask(Method::DELETE, "/products/prod_none").by("admin").at("*")).await;
    recorder.asks("changing what was deleted", there("/products/prod_passing").by("admin").at("*").json(same)).await;
    recorder.asks("a deleted product's id again", post("/products").by("admin").json(passing)).await;
    let other = passing.replace("Passing", "Other");
    recorder.asks("another product under a deleted one's id", post("/products").by("admin").json(other)).await;
    restore(recorder).await;
    images(recorder).await;
}

async fn images(recorder: &mut Recorder) {
    let path = "/products/prod_kinoko/images";
    let create = post(path).by("admin");
    let one = r#"{"content_type":"image/png","size":4}"#;
    let asked = recorder.asks("leave to upload an image", create.clone().key("image-1").json(one)).await;
    recorder.asks("the same with the same key", create.clone().key("image-1").json(one)).await;
    let other = one.replace('4', "5");
    recorder.asks("another with the same key", create.clone().key("image-1").json(other)).await;
    recorder.asks("a type that is not taken", create.clone().json(one.replace("png", "svg+xml"))).await;
    recorder.asks("no bytes", create.clone().json(one.replace('4', "0"))).await;
    recorder.asks("too many bytes", create.json(one.replace('4', "10000001"))).await;
    recorder.asks("of a product that is none", post("/products/prod_none/images").by("admin").json(one)).await;
    recorder.asks("a guest asks", post(path).by("guest").json(one)).await;
    recorder.asks("nobody asks", post(path).json(one)).await;
    let list = get(path);
    recorder.asks("an administrator sees what is awaited", list.clone().by("admin")).await;
    recorder.asks("others see pictures only", list).await;
    recorder.asks("images of a product that is none", get("/products/prod_none/images")).await;
    let delete = |id: &str| ask(Method::DELETE, format!("{path}/{id}"));
    let id = asked.body["image_id"].as_str().unwrap();
    recorder.asks("a guest takes an image away", delete(id).by("guest")).await;
    recorder.asks("taking an image away", delete(id).by("admin")).await;
    recorder.asks("taking it away again", delete(id).by("admin")).await;
    recorder.asks("an image id that is none", delete("none").by("admin")).await;
}

async fn restore(recorder: &mut Recorder) {
    let body = r#"{"product_id":"prod_returning","name":"Returning","price":10,"stock":1,
        "names":{"en":"Returning"},"description":"説明","descriptions":{"en":"Comes back."},
        "categories":["sweets/chocolate","gifts"],"search_text":"boomerang"}"#;
    recorder.asks("a product with everything", post("/products").by("admin").json(body)).await;
    let bad =
        r#"{"name":"a","price":1,"descriptions":{"EN":"a"},"categories":["a","Sweets","a"],"search_text":"\u0000"}"#;
    recorder.asks("every optional field is bad", post("/products").by("admin").json(bad)).await;
    let restore = post("/products/prod_returning/restore");
    recorder.asks("restoring what is on sale", restore.clone().by("admin").at("*")).await;
    recorder.asks("it goes", ask(Method::DELETE, "/products/prod_returning").by("admin").at("\"1\"")).await;
    recorder.asks("a guest restores", restore.clone().by("guest").at("*")).await;
    recorder.asks("restoring without a version", restore.clone().by("admin")).await;
    recorder.asks("restoring another version", restore.clone().by("admin").at("\"1\"")).await;
    recorder.asks("restoring", restore.clone().by("admin").at("\"2\"")).await;
    recorder.asks("restoring again", restore.by("admin").at("\"2\"")).await;
    recorder.asks("restoring what never was", post("/products/prod_none/restore").by("admin").at("*")).await;
    let less = r#"{"name":"Returning","description":"説明","price":10,"categories":[]}"#;
    let change = ask(Method::PUT, "/products/prod_returning").by("admin").at("\"3\"");
    recorder.asks("its categories are taken away and the rest stays", change.json(less)).await;
}

async fn versions(recorder: &mut Recorder, change: &Ask) {
    let body = r#"{"name":"たけのこの里","description":"","price":220}"#;
    let other = r#"{"name":"たけのこの里","description":"","price":221}"#;
    recorder.asks("without a version", change.clone().json(other)).await;
    recorder.asks("another version", change.clone().at("\"7\", \"8.5f2e\"").json(other)).await;
    recorder.asks("a weak tag", change.clone().at("W/\"1\"").json(other)).await;
    recorder.asks("another version, but nothing differs", change.clone().at("\"7\"").json(body)).await;
    recorder.asks("a version without quotes", change.clone().at("1").json(other)).await;
}

async fn stock(recorder: &mut Recorder) {
    // Stock-keeping learns of a product by its event.
    recorder.shows("/products/prod_kinoko", None, r#""stock":10,"#).await;
    let add = post("/products/prod_kinoko/stock").by("admin");
    recorder.asks("pieces come in", add.clone().json(r#"{"quantity":5}"#)).await;
    recorder.asks("with a key", add.clone().key("delivery-1").json(r#"{"quantity":85}"#)).await;
    recorder.asks("with the same key again", add.clone().key("delivery-1").json(r#"{"quantity":85}"#)).await;
    recorder.asks("the same key, another quantity", add.clone().key("delivery-1").json(r#"{"quantity":86}"#)).await;
    recorder.asks("no pieces", add.clone().json(r#"{"quantity":0}"#)).await;
    recorder.asks("a text for a number", add.clone().json(r#"{"quantity":"2"}"#)).await;
    recorder.asks("no quantity", add.clone().json("{}")).await;
    recorder.asks("no object", add.json("[5]")).await;
    let one = r#"{"quantity":1}"#;
    recorder.asks("of a product that is none", post("/products/prod_none/stock").by("admin").json(one)).await;
    recorder.asks("a guest adds", post("/products/prod_kinoko/stock").by("guest").json(one)).await;
    recorder.asks("nobody adds", post("/products/prod_kinoko/stock").json(one)).await;
}

async fn read(recorder: &mut Recorder) {
    // The last version of each, as it was written above.
    for (id, version) in [("takenoko", 3), ("passing", 2), ("returning", 4)] {
        let path = format!("/products/prod_kinoko?min_version=prod_{id}:{version}");
        recorder.shows(&path, None, "prod_kinoko").await;
    }
    recorder.shows("/products/prod_kinoko?min_version=prod_kinoko:3", None, r#""stock":100,"#).await;
    recorder.shows("/products/prod_returning", None, r#""stock":1,"#).await;
    recorder.shows("/products", None, "Senbei").await;
    let one = recorder.asks("one", get("/products/prod_kinoko")).await;
    let kept = |path: &str, tag: &str| get(path.to_owned()).header("if-none-match", tag);
    recorder.asks("one that is kept", kept("/products/prod_kinoko", &one.tag.unwrap())).await;
    recorder.asks("one that is kept as it was", kept("/products/prod_kinoko", "\"3.0\", W/\"2\"")).await;
    recorder.asks("one that is kept, by a tag that is none", kept("/products/prod_kinoko", "3")).await;
    recorder.asks("one, by somebody", get("/products/prod_kinoko").by("guest")).await;
    recorder.asks("one's head", ask(Method::HEAD, "/products/prod_kinoko")).await;
    recorder
        .asks(
            "what was written, product and stock",
            get("/products/prod_kinoko?min_version=prod_kinoko:1&min_version=stock/prod_kinoko:3"),
        )
        .await;
    recorder.asks("what is yet to be written", get("/products/prod_kinoko?min_version=prod_kinoko:9")).await;
    recorder.asks("a version that is none", get("/products/prod_kinoko?min_version=kinoko")).await;
    recorder.asks("as it was at first", get("/products/prod_takenoko?as_of=1")).await;
    recorder.asks("as it has not become yet", get("/products/prod_takenoko?as_of=99")).await;
    recorder.asks("as one that is gone was", get("/products/prod_passing?as_of=1")).await;
    recorder.asks("what one has cost", get("/products/prod_takenoko/prices?limit=2").by("admin")).await;
    recorder
        .asks("what it cost before", get("/products/prod_takenoko/prices?cursor=2.prod_takenoko").by("admin"))
        .await;
    recorder
        .asks("what another has cost", get("/products/prod_kinoko/prices?cursor=2.prod_takenoko").by("admin"))
        .await;
    recorder.asks("what one that never was has cost", get("/products/prod_none/prices").by("admin")).await;
    recorder.asks("a guest asks what one has cost", get("/products/prod_takenoko/prices").by("guest")).await;
    recorder.asks("one that was deleted", get("/products/prod_passing")).await;
    recorder
        .asks("one that was restored, in English", get("/products/prod_returning?lang=en&min_version=prod_returning:4"))
        .await;
    recorder.asks("one that never was", get("/products/prod_none")).await;
    recorder.asks("an id that is none", get("/products/none")).await;
    let all = recorder.asks("all", get("/products")).await;
    recorder.asks("all, which are kept", kept("/products", &all.tag.unwrap())).await;
    recorder.asks("a page", get("/products?limit=2")).await;
    let page = recorder.asks("a page of one", get("/products?limit=1")).await;
    let cursor = page.body["next_cursor"].as_str().unwrap();
    recorder.asks("the page after it", get(format!("/products?limit=1&cursor={cursor}"))).await;
    let filtered = "/products?category=sweets&min_price=5&max_price=10.5&in_stock=true&sort=-price";
    recorder.asks("those of a category, in stock, between two prices", get(filtered)).await;
    let page = recorder.asks("the cheapest", get("/products?sort=price&limit=1")).await;
    let cursor = page.body["next_cursor"].as_str().unwrap();
    recorder.asks("the next cheapest", get(format!("/products?sort=price&limit=1&cursor={cursor}"))).await;
    recorder.asks("a cursor of another order", get(format!("/products?sort=name&cursor={cursor}"))).await;
    recorder.asks("bad parameters, all named", get("/products?limit=0&cursor=x&min_version=y")).await;
    let bad = "/products?category=Sweets&min_price=-1&max_price=much&in_stock=maybe&sort=rank";
    recorder.asks("bad filters, all named", get(bad)).await;
    recorder.asks("a parameter twice", get("/products?limit=1&limit=2")).await;
    recorder.asks("a parameter that is unknown", get("/products?limit=1&search=x")).await;
}

async fn search(recorder: &mut Recorder) {
    let katakana = "/search/products?q=%E3%82%AD%E3%83%8E%E3%82%B3";
    recorder.asks("a name in katakana", get(katakana)).await;
    recorder.asks("the same, of a category, in stock", get(format!("{katakana}&category=sweets&in_stock=true"))).await;
    recorder.asks("nothing has it", get("/search/products?q=matcha")).await;
    recorder.asks("a typing error", get("/search/products?q=senbie")).await;
    recorder.asks("bad parameters, all named", get("/search/products?limit=0&cursor=x&in_stock=maybe")).await;
    recorder.asks("names that begin so", get("/search/suggestions?q=%EF%BE%80%EF%BD%B9")).await;
    recorder.asks("nothing is typed", get("/search/suggestions?q=&limit=0")).await;
}
