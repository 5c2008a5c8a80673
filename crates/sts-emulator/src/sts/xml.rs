//! XML as STS and S3 write it: elements and text, escaped; no attribute but the namespace.

/// A document, or a part of one, under construction.
#[derive(Debug, Default)]
pub(crate) struct Xml {
    text: String,
}

impl Xml {
    /// A root element in a namespace.
    pub(crate) fn document(name: &str, namespace: &str, fill: impl FnOnce(&mut Self)) -> Self {
        let mut xml = Self { text: format!("<{name} xmlns=\"{namespace}\">") };
        fill(&mut xml);
        xml.text.push_str(&format!("</{name}>"));
        xml
    }

    /// An element with elements in it.
    pub(crate) fn element(&mut self, name: &str, fill: impl FnOnce(&mut Self)) {
        self.text.push_str(&format!("<{name}>"));
        fill(self);
        self.text.push_str(&format!("</{name}>"));
    }

    /// An element with text in it.
    pub(crate) fn text(&mut self, name: &str, value: &str) {
        self.element(name, |xml| xml.text.push_str(&escape(value)));
    }

    pub(crate) fn into_string(self) -> String {
        self.text
    }
}

fn escape(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nests_and_escapes() {
        let xml =
            Xml::document("A", "urn:x", |xml| xml.element("B", |xml| xml.text("C", "<&>\"'")));
        assert_eq!(
            xml.into_string(),
            "<A xmlns=\"urn:x\"><B><C>&lt;&amp;&gt;&quot;&#39;</C></B></A>"
        );
    }
}
