//! One link of a provider chain that has something to say, and the verdict over all of them.

use super::Source;

/// What a provider would do if the tool came to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) source: Source,
    /// As stsd or the tool names it; nothing where the credentials are no profile's.
    pub(super) profile: Option<String>,
    /// Why the tool comes here: lower case, no full stop.
    pub(super) reason: String,
    /// Why it gets nothing here, as far as anybody can tell without asking.
    pub(super) trouble: Option<String>,
    /// Whether the tool gives up on trouble, or goes on to the next link.
    pub(super) stops: bool,
}

impl Link {
    /// A source that is asked, and has an answer.
    pub(super) fn new(source: Source, profile: Option<String>, reason: impl Into<String>) -> Self {
        Self { source, profile, reason: reason.into(), trouble: None, stops: true }
    }

    /// An error before any source is asked.
    pub(super) fn fails(reason: impl Into<String>) -> Self {
        let link = Self::new(Source::Error, None, reason);
        Self { trouble: Some(link.reason.clone()), ..link }
    }

    /// A source that is asked in vain, where there is trouble.
    pub(super) fn with_trouble(self, trouble: Option<String>) -> Self {
        Self { trouble, ..self }
    }

    /// The same link in a chain that goes on behind it.
    pub(super) fn passing(self) -> Self {
        Self { stops: false, ..self }
    }
}

/// What a tool takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Whose credentials sign; if nothing signs, what the tool asked last.
    pub(crate) source: Source,
    /// The profile whose credentials they are, as stsd or the tool names it.
    pub(crate) profile: Option<String>,
    /// Why, in one line.
    pub(crate) reason: String,
    /// Why the tool gets nothing there now.
    pub(crate) trouble: Option<String>,
    /// What would have been taken otherwise, in its order.
    pub(crate) shadows: Vec<String>,
}

/// The first link that serves or stops the tool; where none does, the last one.
pub(super) fn decide(links: Vec<Link>) -> Verdict {
    let settles = |link: &Link| link.trouble.is_none() || link.stops;
    let at = links.iter().position(settles).unwrap_or(links.len().saturating_sub(1));
    let mut links = links.into_iter().skip(at);
    let nothing = || Link::new(Source::None, None, "nothing gives it credentials");
    let Link { source, profile, reason, trouble, .. } = links.next().unwrap_or_else(nothing);
    let shadows = links.filter(|link| link.source != Source::Error).map(|link| name(&link));
    Verdict { source, profile, reason, trouble, shadows: shadows.collect() }
}

fn name(link: &Link) -> String {
    let whose = link.profile.as_ref().map_or(String::new(), |name| format!(" for profile {name}"));
    format!("{}{whose}", link.source.name())
}
