//! Products as a shop might have them, made from a few hundred words, the same each time.

use std::collections::BTreeMap;

use serde_json::json;
use shotengai_contracts::events::Presentation;
use shotengai_kernel::{AggregateId, Names, Timestamp, Version};
use shotengai_query::database::Session;
use shotengai_query::domain::ProductRow;
use shotengai_query::store::Rows;

use crate::history::{product_id, yen};

const THINGS: &[(&str, &str)] = &[
    ("きのこ", "mushroom"),
    ("タケノコ", "bamboo"),
    ("チョコレート", "chocolate"),
    ("ﾋﾞｽｹｯﾄ", "biscuit"),
    ("キャラメル", "caramel"),
    ("抹茶", "matcha"),
    ("いちご", "strawberry"),
    ("クッキー", "cookie"),
    ("せんべい", "rice-cracker"),
    ("団子", "dumpling"),
    ("飴", "candy"),
    ("コーヒー", "coffee"),
    ("紅茶", "tea"),
    ("りんご", "apple"),
    ("昆布", "kelp"),
    ("味噌", "miso"),
    ("黒糖", "sugar"),
    ("栗", "chestnut"),
    ("はちみつ", "honey"),
    ("シャツ", "T-shirt"),
    ("パーカー", "hoodie"),
    ("手拭い", "towel"),
    ("茶碗", "bowl"),
    ("急須", "teapot"),
    ("浴衣", "yukata"),
    ("扇子", "fan"),
    ("こけし", "doll"),
    ("和紙", "paper"),
    ("筆", "brush"),
    ("墨", "ink"),
];
const ENDINGS: &[&str] = &["の山", "の里", "の森", " 詰め合わせ", "セット", "ミニ", " 大袋", "味", "仕立て", "100g"];
const SYLLABLES: &[(&str, &str)] = &[
    ("か", "ka"),
    ("み", "mi"),
    ("と", "to"),
    ("ら", "ra"),
    ("の", "no"),
    ("す", "su"),
    ("や", "ya"),
    ("ま", "ma"),
    ("き", "ki"),
    ("せ", "se"),
    ("ほ", "ho"),
    ("り", "ri"),
    ("た", "ta"),
    ("ゆ", "yu"),
    ("ね", "ne"),
    ("む", "mu"),
    ("え", "e"),
    ("お", "o"),
    ("山", "yama"),
    ("川", "kawa"),
    ("田", "da"),
    ("松", "matsu"),
    ("竹", "take"),
    ("梅", "ume"),
    ("月", "tsuki"),
    ("雪", "yuki"),
];
const SAID: &[&str] = &[
    "を使った人気の",
    "で作りました。",
    "が楽しめる",
    "のような味わい。",
    "もお届けします。",
    "から生まれた自慢の",
    "に包んだ",
    "まで味わえる",
];
const SAID_IN_ENGLISH: &[&str] =
    &["made with", "and a little", "for the lovers of", "fresh from", "wrapped in", "the famous", "by hand,"];

/// Numbers that look as if they were by chance: splitmix64.
struct Chance(u64);

impl Chance {
    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(end).unwrap()).unwrap()
    }
}

pub(super) fn english(text: &str) -> Names {
    serde_json::from_value(json!({ "en": text })).unwrap()
}

/// A product that is called so and nothing more.
pub(crate) fn row(id: &str, name: &str) -> ProductRow {
    let time = Timestamp::from_second(1_767_225_600).unwrap();
    ProductRow {
        product_id: product_id(id),
        name: name.to_owned(),
        names: Names::default(),
        description: String::new(),
        presentation: Presentation::default(),
        price: yen(200),
        image_keys: Vec::new(),
        deleted: false,
        created_at: time,
        updated_at: time,
        version: Version::new(1),
    }
}

/// The `n`th product. One of 50 was deleted.
pub(super) fn product(n: usize) -> ProductRow {
    let mut chance = Chance(u64::try_from(n).unwrap());
    // One of 3,000 makers, each with some syllables.
    let mut maker = Chance(u64::try_from(chance.below(3_000)).unwrap() + 1_000_000_007);
    let length = 2 + maker.below(2);
    let syllables: Vec<_> = (0..length).map(|_| *maker.of(SYLLABLES)).collect();
    let (maker, latin): (String, String) = syllables.into_iter().unzip();
    let (thing, other) = (*chance.of(THINGS), *chance.of(THINGS));
    let mut said = String::new();
    for _ in 0..3 + chance.below(6) {
        said += chance.of(THINGS).0;
        said += *chance.of(SAID);
    }
    let mut in_english = String::new();
    for _ in 0..3 + chance.below(6) {
        in_english += &format!("{} {} ", chance.of(SAID_IN_ENGLISH), chance.of(THINGS).1);
    }
    let reading = format!("{latin} {}", thing.1);
    let price = [1, 10, 100, 1_000, 10_000][chance.below(5)];
    ProductRow {
        name: format!("{maker}{}{}", thing.0, chance.of(ENDINGS)),
        names: english(&format!("{latin} {} {}", thing.1, other.1)),
        description: said,
        presentation: Presentation {
            descriptions: english(&in_english),
            categories: vec![format!("c{}/d{}", chance.below(8), chance.below(4)), format!("c{}", chance.below(8))],
            search_text: if chance.below(4) == 0 { reading } else { String::new() },
        },
        price: yen(price * i64::try_from(1 + chance.below(9)).unwrap()),
        deleted: chance.below(50) == 0,
        ..row(&format!("{n:06}"), "")
    }
}

/// Writes rows as the projector does.
pub(crate) async fn save(session: &Session, rows: impl IntoIterator<Item = ProductRow>) {
    let rows: BTreeMap<AggregateId, ProductRow> =
        rows.into_iter().map(|row| (AggregateId::from(&row.product_id), row)).collect();
    session.save(&rows).await.unwrap();
}

/// Writes so many products, every second of them in stock.
pub(super) async fn fill(session: &Session, count: usize) {
    const STOCK: &str = "
        INSERT INTO read_stock SELECT 'prod_' || lpad(n::text, 6, '0'), n % 2, 0, 0, 1 FROM generate_series($1::int8, $2::int8) AS n";
    for first in (0..count).step_by(500) {
        let end = count.min(first + 500);
        save(session, (first..end).map(product)).await;
        let [first, last] = [first, end - 1].map(|n| i64::try_from(n).unwrap());
        session.query("test.stock", STOCK, &[&first, &last]).await.unwrap();
    }
    session.query("test.analyze", "ANALYZE", &[]).await.unwrap();
}
