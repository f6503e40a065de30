//! Mails from templates: pure, the same input gives the same bytes.
//!
//! Per language and kind one small file has the words: subject, heading, then paragraphs. One layout for HTML and one for
//! text, shared by all, puts them around the table of lines. Values are escaped in HTML, so a product may be called `<b>`.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Value, context};
use serde::Serialize;
use shotengai_kernel::MoneyError;
pub use shotengai_runtime::OrderLinks;

use crate::domain::contact::{Language, PersonName};
use crate::domain::mail::OrderMail;
use crate::labels::{Labels, labels};

/// A mail's subject and its two bodies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// For readers of plain text.
    pub text: String,
    /// For everybody else.
    pub html: String,
}

/// Why a mail can't be written.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A line's total is no amount.
    #[error("a line of the order has no total: {0}")]
    Amount(#[from] MoneyError),
    /// A template is wrong; a test renders them all, so this is a fault of the build.
    #[error("a template failed: {0}")]
    Template(#[from] minijinja::Error),
    /// A file of words lacks its subject or heading.
    #[error("the words of {0} have no subject and heading")]
    Words(String),
}

/// All templates, compiled.
pub struct Templates {
    environment: Environment<'static>,
    public_url: String,
    links: OrderLinks,
}

#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    quantity: u32,
    price: String,
    total: String,
}

#[derive(Serialize)]
struct View<'a> {
    language: &'static str,
    subject: &'a str,
    heading: &'a str,
    /// What a list of mails shows beside the subject.
    preview: &'a str,
    paragraphs: &'a [String],
    lines: &'a [Line<'a>],
    total: String,
    order_id: &'a str,
    link: String,
    labels: &'static Labels,
}

macro_rules! words {
    ($($language:literal / $kind:literal),* $(,)?) => { &[$((
        concat!($language, "/", $kind, ".txt"),
        include_str!(concat!("../templates/", $language, "/", $kind, ".txt")),
    )),*] };
}

const TEMPLATES: &[(&str, &str)] = &[
    ("layout.html", include_str!("../templates/layout.html")),
    ("layout.txt", include_str!("../templates/layout.txt")),
];

const WORDS: &[(&str, &str)] = words!(
    "ja" / "received",
    "ja" / "receipt",
    "ja" / "shipped",
    "ja" / "cancelled",
    "ja" / "refunded",
    "en" / "received",
    "en" / "receipt",
    "en" / "shipped",
    "en" / "cancelled",
    "en" / "refunded",
);

impl Templates {
    /// Compiles them. Links lead to the order at `public_url` and need no sign-in.
    ///
    /// # Errors
    /// [`RenderError::Template`].
    pub fn new(public_url: &str, links: OrderLinks) -> Result<Self, RenderError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
        environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
        for (name, source) in TEMPLATES.iter().chain(WORDS) {
            environment.add_template(name, source)?;
        }
        Ok(Self { environment, public_url: public_url.trim_end_matches('/').to_owned(), links })
    }

    /// Writes a mail to a person.
    ///
    /// # Errors
    /// [`RenderError`].
    pub fn render(
        &self,
        mail: &OrderMail,
        language: Language,
        name: Option<&PersonName>,
    ) -> Result<Rendered, RenderError> {
        let words = self.words(mail, language, name)?;
        let lines: Vec<Line<'_>> = mail
            .items
            .iter()
            .map(|item| {
                Ok(Line {
                    name: item.names.get(language.as_str()).unwrap_or(&item.name),
                    quantity: item.quantity.get(),
                    price: item.price.to_string(),
                    total: item.price.times(item.quantity.get())?.to_string(),
                })
            })
            .collect::<Result<_, MoneyError>>()?;
        let view = View {
            language: language.as_str(),
            subject: &words.subject,
            heading: &words.heading,
            preview: words.preview(),
            paragraphs: &words.paragraphs,
            lines: &lines,
            total: mail.total.to_string(),
            order_id: mail.order_id.as_str(),
            link: format!("{}/orders/{}?key={}", self.public_url, mail.order_id, self.links.key(&mail.order_id)),
            labels: labels(language),
        };
        let view = Value::from(Serde(&view));
        Ok(Rendered {
            text: self.environment.get_template("layout.txt")?.render(view.clone())?,
            html: self.environment.get_template("layout.html")?.render(view)?,
            subject: words.subject,
        })
    }

    fn words(&self, mail: &OrderMail, language: Language, name: Option<&PersonName>) -> Result<Words, RenderError> {
        let file = format!("{}/{}.txt", language.as_str(), mail.kind.as_str());
        let text = self.environment.get_template(&file)?.render(context! {
            name => name.map(PersonName::expose),
            order_id => mail.order_id.as_str(),
            total => mail.total.to_string(),
            reason => mail.cancellation.map(|cancellation| cancellation.reason.as_str()),
            charge => mail.cancellation.map(|cancellation| cancellation.charge.as_str()),
            earlier => mail.cancellation.and_then(|cancellation| cancellation.earlier).map(|earlier| earlier.to_string()),
            amount => mail.refund.as_ref().map(|refund| refund.amount.to_string()),
            refunded => mail.refund.as_ref().map(|refund| refund.refunded.to_string()),
            why => mail.refund.as_ref().map(|refund| refund.reason.as_str()),
        })?;
        Words::read(&text).ok_or(RenderError::Words(file))
    }
}

struct Words {
    subject: String,
    heading: String,
    paragraphs: Vec<String>,
}

impl Words {
    /// The first paragraph that says something: the greeting stands before it.
    fn preview(&self) -> &str {
        self.paragraphs.get(1).map_or(&self.heading, |said| said.as_str())
    }

    /// First line: subject. Second: heading. Then paragraphs, with empty lines between.
    fn read(text: &str) -> Option<Self> {
        let mut lines = text.trim().lines();
        let (subject, heading) = (lines.next()?.trim(), lines.next()?.trim());
        let rest: Vec<&str> = lines.map(str::trim).collect();
        let paragraphs = rest.split(|line| line.is_empty()).filter(|part| !part.is_empty());
        let paragraphs = paragraphs.map(|part| part.join("\n")).collect();
        (!subject.is_empty() && !heading.is_empty()).then(|| Self {
            subject: subject.to_owned(),
            heading: heading.to_owned(),
            paragraphs,
        })
    }
}
