//! What is found, in which order, and what is told of all of it.

use shotengai_contracts::api::search::MOST_RANKED;
use shotengai_kernel::Currency;
use shotengai_query::domain::ProductRow;
use shotengai_query::filters::{Bound, ProductFilter};
use shotengai_query::search::fold::{Run, fold, runs};
use shotengai_query::search::query::{Query, Term, pattern};
use shotengai_query::search::suggest::suggest;

use super::bounds::assert_same_both_ways;
use super::corpus::{english, fill, product, row, save};
use super::{database, ids, page};

const ROWS: usize = 3_000;

#[tokio::test]
async fn every_word_of_every_kind_finds_what_has_it_and_nothing_else() {
    let database = database("search_oracle").await;
    fill(&database.session().await.unwrap(), ROWS).await;
    let rows: Vec<_> = (0..ROWS).map(product).filter(|row| !row.deleted).collect();
    let none = ProductFilter::default();
    for text in [
        "きのこ",
        "キノコ",
        "ｷﾉｺ",
        "たけ",
        "山",
        "ビスケット",
        "コーヒ",
        "コーヒー",
        "tshirt",
        "T-shirt",
        "t shirt",
        "shirt",
        "RICE",
        "cho",
        "c3",
        "c3 d1",
        "きのこ 山",
        "mushroom きのこ",
        "100",
        "月",
        "の",
        "famous mushroom",
        "抹茶 味",
    ] {
        let found = page(&database, text, &none, 100, None).await;
        let mut wanted: Vec<_> =
            rows.iter().filter_map(|row| Some((rank(row, text)?, row.product_id.body()))).collect();
        wanted.sort_unstable();
        assert_eq!((found.total, found.is_complete, &found.corrected), (wanted.len() as u64, true, &None), "{text}");
        let wanted: Vec<_> = wanted.into_iter().map(|(_, id)| id.to_owned()).collect();
        assert!(!wanted.is_empty(), "{text}");
        let limit = if wanted.len() > 300 { 100 } else { 7 };
        assert_eq!(ids(&database, text, &none, limit).await, wanted, "{text}");
        assert_same_both_ways(&database.session().await.unwrap(), text).await;
    }
    for text in ["のの山々", "hir", "%", "_", "zzz", "きのこ zzz"] {
        assert_eq!(page(&database, text, &none, 1, None).await.total, 0, "{text}");
    }
}

/// How relevant a row is, by looking into each of its texts; none where it has it not.
fn rank(row: &ProductRow, text: &str) -> Option<u8> {
    let query = Query::parse(text);
    let lines = |texts: Vec<&str>| -> Vec<String> {
        let line = |text: &&str, words: fn(&Run) -> String| {
            runs(&fold(text)).iter().map(|run| format!(" {}", words(run))).collect::<String>()
        };
        texts.iter().flat_map(|text| [line(text, Run::joined), line(text, Run::apart)]).collect()
    };
    let presentation = &row.presentation;
    let names = lines([row.name.as_str()].into_iter().chain(row.names.texts()).collect());
    let keywords = presentation.categories.iter().map(String::as_str).chain([presentation.search_text.as_str()]);
    let keywords: Vec<_> = lines(keywords.collect()).into_iter().chain(names.clone()).collect();
    let texts = [row.description.as_str()].into_iter().chain(presentation.descriptions.texts());
    let texts: Vec<_> = lines(texts.collect()).into_iter().chain(keywords.clone()).collect();
    let has = |lines: &[String], term: &Term| {
        let patterns: Vec<_> = term.alternatives.iter().map(|words| pattern(words).replace('%', "")).collect();
        lines.iter().any(|line| patterns.iter().any(|words| line.contains(words.as_str())))
    };
    let all = |lines: &[String]| query.terms.iter().all(|term| has(lines, term));
    if all(&names) {
        let is = names.contains(&query.whole);
        let begins = names.iter().any(|name| name.starts_with(&query.whole));
        return Some(if is {
            0
        } else if begins {
            1
        } else {
            2
        });
    }
    let is_single = |term: &Term| matches!(&term.alternatives[0][..], [run] if run.joined().chars().count() == 1);
    let anywhere = query.terms.iter().all(|term| has(if is_single(term) { &keywords } else { &texts }, term));
    if all(&keywords) { Some(3) } else { anywhere.then_some(4) }
}

#[tokio::test]
async fn each_facet_counts_what_its_filter_leaves() {
    let database = database("search_facets").await;
    fill(&database.session().await.unwrap(), ROWS).await;
    let yen = |minor| Some(Bound { minor, currency: Currency::JPY });
    for (text, filter) in [
        ("きのこ", ProductFilter::default()),
        ("chocolate", ProductFilter { category: Some("c3".to_owned()), ..ProductFilter::default() }),
        ("山", ProductFilter { in_stock: Some(true), min_price: yen(15), ..ProductFilter::default() }),
    ] {
        let found = page(&database, text, &filter, 1, None).await;
        let facets = found.facets;
        let total = async |filter| page(&database, text, &filter, 1, None).await.total;
        assert!(facets.categories.len() > 3 && facets.prices.len() > 3, "{facets:?}");
        if filter.category.is_none() {
            for told in &facets.categories {
                let filter = ProductFilter { category: Some(told.category.clone()), ..filter.clone() };
                assert_eq!(total(filter).await, told.count, "{text} {told:?}");
            }
        }
        let mut sum = 0;
        for told in &facets.prices {
            let [least, most] = [Some(&told.min_price), told.max_price.as_ref()]
                .map(|price| price.map_or(i64::MAX, |price| price.as_i64().unwrap()));
            let least = filter.min_price.map_or(least, |bound| bound.minor.max(least));
            let filter = ProductFilter { min_price: yen(least), max_price: yen(most), ..filter.clone() };
            assert_eq!(total(filter).await, told.count, "{text} {told:?}");
            sum += told.count;
        }
        assert_eq!((sum, facets.stock.in_stock + facets.stock.out_of_stock), (found.total, found.total), "{text}");
        if filter.in_stock.is_none() {
            for (in_stock, count) in [(true, facets.stock.in_stock), (false, facets.stock.out_of_stock)] {
                assert_eq!(total(ProductFilter { in_stock: Some(in_stock), ..filter.clone() }).await, count, "{text}");
            }
        }
        assert!(facets.categories.is_sorted_by_key(|told| std::cmp::Reverse(told.count)), "{facets:?}");
    }
}

#[tokio::test]
async fn words_next_to_what_was_typed_are_found_where_nothing_has_it() {
    let database = database("search_typos").await;
    let rows = [
        row("1", "Chocolate"),
        row("2", "Chocolate mint"),
        row("3", "T-shirt"),
        row("4", "Mint tea"),
        row("5", "Skirt 2024"),
    ];
    save(&database.session().await.unwrap(), rows).await;
    let none = ProductFilter::default();
    for (text, corrected, wanted) in [
        ("chocolate", None, "1 2"),
        ("choclate", Some("chocolate"), "1 2"),
        ("chokolatte", Some("chocolate"), "1 2"),
        ("chocolaet mint", Some("chocolate mint"), "2"),
        ("mnit", Some("mint"), "4 2"),
        ("tshrit", Some("tshirt"), "3"),
        ("shart", Some("shirt"), "3"),
        // Something begins so: nothing is wrong with it.
        ("choc tea", None, ""),
        ("tee", None, ""),
        ("2023", None, ""),
        ("sugar", None, ""),
    ] {
        let found = page(&database, text, &none, 10, None).await;
        assert_eq!(found.corrected.as_deref(), corrected, "{text}");
        assert_eq!(ids(&database, text, &none, 1).await.join(" "), wanted, "{text}");
    }
}

#[tokio::test]
async fn more_than_are_ranked_are_said_to_be_more_and_names_come_first() {
    let database = database("search_bounded").await;
    let session = database.session().await.unwrap();
    let common = |n: usize| ProductRow { description: "とても甘い".to_owned(), ..row(&format!("a{n:06}"), "飴") };
    let most = usize::try_from(MOST_RANKED).unwrap();
    for first in (0..most + 500).step_by(500) {
        save(&session, (first..first + 500).map(common)).await;
    }
    save(&session, [row("z1", "甘い"), row("z2", "甘いもの")]).await;
    let found = page(&database, "甘い", &ProductFilter::default(), 3, None).await;
    assert_eq!((found.total, found.is_complete), (u64::from(MOST_RANKED), false));
    let first: Vec<_> = found.items.into_iter().map(|it| it.whole().unwrap().product_id.body().to_owned()).collect();
    assert_eq!(first[..2], ["z1", "z2"]);
    let found = page(&database, "甘いもの", &ProductFilter::default(), 3, None).await;
    assert_eq!((found.total, found.is_complete), (1, true));
}

#[tokio::test]
async fn names_are_suggested_by_their_beginning_and_by_words_in_them() {
    let database = database("search_suggestions").await;
    let kinoko = ProductRow { names: english("Kinoko no Yama"), ..row("1", "きのこの山") };
    let gone = ProductRow { deleted: true, ..row("9", "きのこの森") };
    let rows = [
        kinoko,
        row("2", "きのこ"),
        row("3", "きのこ"),
        row("4", "Red T-shirt"),
        row("5", "T-shirt"),
        row("6", "まきのこ"),
        gone,
    ];
    save(&database.session().await.unwrap(), rows).await;
    for (text, wanted) in [
        ("き", "きのこ 2|きのこの山 1"),
        ("ｷﾉｺ", "きのこ 2|きのこの山 1"),
        ("きのこの", "きのこの山 1"),
        ("kino", "Kinoko no Yama 1"),
        ("kinoko n", "Kinoko no Yama 1"),
        ("no ya", "Kinoko no Yama 1"),
        ("t", "T-shirt 5|Red T-shirt 4"),
        ("T-S", "T-shirt 5|Red T-shirt 4"),
        ("shir", "T-shirt 5|Red T-shirt 4"),
        ("の山", ""),
        ("!", ""),
        ("", ""),
    ] {
        let told = suggest(&database, &Query::parse(text), 10).await.unwrap();
        let told: Vec<_> = told.iter().map(|it| format!("{} {}", it.text, it.product_id.body())).collect();
        assert_eq!(told.join("|"), wanted, "{text}");
    }
    assert_eq!(suggest(&database, &Query::parse("き"), 1).await.unwrap().len(), 1);
}
