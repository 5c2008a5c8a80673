//! The parameters of a Query request, and the constraints that STS puts on them.
//!
//! The sentences are STS's own: every violation at once, with the value in it, as
//! `2 validation errors detected: Value … at … failed to satisfy constraint: …; …`.

use bytes::Bytes;
use hyper::Request;

use super::Refusal;

/// Names and values, from the query and the form.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parameters {
    pairs: Vec<(String, String)>,
}

impl Parameters {
    pub(crate) fn of(request: &Request<Bytes>) -> Self {
        let query = form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
        let form = form_urlencoded::parse(request.body());
        Self {
            pairs: query
                .chain(form)
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        }
    }

    pub(crate) fn action(&self) -> &str {
        self.text("Action").unwrap_or_default()
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The violations found so far.
#[derive(Default)]
pub(super) struct Constraints {
    violations: Vec<String>,
}

/// What a text parameter must be.
pub(super) struct TextRule {
    /// The parameter's name, and STS's name for the member.
    pub(super) name: &'static str,
    pub(super) member: &'static str,
    pub(super) required: bool,
    pub(super) length: (usize, usize),
    /// The pattern as STS prints it, and what it means.
    pub(super) pattern: &'static str,
    pub(super) allows: fn(char) -> bool,
}

impl Constraints {
    pub(super) fn text(&mut self, parameters: &Parameters, rule: &TextRule) {
        let Some(value) = parameters.text(rule.name) else {
            if rule.required {
                self.violate("null", rule.member, "Member must not be null".to_owned());
            }
            return;
        };
        let quoted = format!("'{value}'");
        if !value.chars().all(rule.allows) {
            let sentence =
                format!("Member must satisfy regular expression pattern: {}", rule.pattern);
            self.violate(&quoted, rule.member, sentence);
        }
        let (shortest, longest) = rule.length;
        if value.chars().count() < shortest {
            let sentence = format!("Member must have length greater than or equal to {shortest}");
            self.violate(&quoted, rule.member, sentence);
        }
        if value.chars().count() > longest {
            let sentence = format!("Member must have length less than or equal to {longest}");
            self.violate(&quoted, rule.member, sentence);
        }
    }

    /// Reads `DurationSeconds`.
    pub(super) fn duration(
        &mut self,
        parameters: &Parameters,
        longest: u32,
    ) -> Result<Option<u32>, Refusal> {
        let Some(text) = parameters.text("DurationSeconds") else {
            return Ok(None);
        };
        let seconds: i32 = text.parse().map_err(|_| Refusal::malformed_input())?;
        let quoted = format!("'{seconds}'");
        if seconds < 900 {
            let sentence = "Member must have value greater than or equal to 900".to_owned();
            self.violate(&quoted, "durationSeconds", sentence);
        }
        if i64::from(seconds) > i64::from(longest) {
            let sentence = format!("Member must have value less than or equal to {longest}");
            self.violate(&quoted, "durationSeconds", sentence);
        }
        Ok(u32::try_from(seconds).ok())
    }

    pub(super) fn finish(self) -> Result<(), Refusal> {
        match self.violations.len() {
            0 => Ok(()),
            1 => Err(Refusal::validation(format!(
                "1 validation error detected: {}",
                self.violations[0]
            ))),
            count => {
                let all = self.violations.join("; ");
                Err(Refusal::validation(format!("{count} validation errors detected: {all}")))
            }
        }
    }

    fn violate(&mut self, value: &str, member: &str, sentence: String) {
        self.violations
            .push(format!("Value {value} at '{member}' failed to satisfy constraint: {sentence}"));
    }
}

/// `\w` of STS's patterns.
pub(super) fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
