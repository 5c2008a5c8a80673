//! A request as its parts, so that a mutation can take hold of one of them, and the mutations. Bytes
//! throughout: much of what is tried here is no text.

/// What is sent, part by part.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Vec<u8>,
    pub(crate) target: Vec<u8>,
    pub(crate) version: Vec<u8>,
    /// Whole lines, without their ends.
    pub(crate) fields: Vec<Vec<u8>>,
    pub(crate) body: Vec<u8>,
    before: Vec<u8>,
    behind: Vec<u8>,
    line_end: Vec<u8>,
}

/// One change of a request.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    Nothing,
    Method(Vec<u8>),
    Target(Vec<u8>),
    Version(Vec<u8>),
    /// One more line, behind the others.
    Field(Vec<u8>),
    /// One more line, in front of the others.
    FirstField(Vec<u8>),
    /// All lines of this name give way to these.
    Instead(&'static str, Vec<Vec<u8>>),
    Body(Vec<u8>),
    /// In front of the first byte.
    Before(Vec<u8>),
    /// After the last one.
    Behind(Vec<u8>),
    LineEnd(Vec<u8>),
    /// Nothing of the request is left.
    Whole(Vec<u8>),
}

impl Request {
    pub(crate) fn new(method: &str, target: &str, fields: &[String], body: &str) -> Self {
        Self {
            method: method.into(),
            target: target.into(),
            version: b"HTTP/1.1".to_vec(),
            fields: fields.iter().map(|field| field.clone().into_bytes()).collect(),
            body: body.into(),
            before: Vec::new(),
            behind: Vec::new(),
            line_end: b"\r\n".to_vec(),
        }
    }

    /// The bytes of this request after an edit.
    pub(crate) fn after(&self, edits: &[&Edit]) -> Vec<u8> {
        let mut request = self.clone();
        for edit in edits {
            if let Edit::Whole(bytes) = edit {
                return bytes.clone();
            }
            request.change(edit);
        }
        request.bytes()
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let end = self.line_end.as_slice();
        let first = [&*self.method, b" ", &*self.target, b" ", &*self.version, end].concat();
        let fields: Vec<u8> =
            self.fields.iter().flat_map(|field| [field.as_slice(), end].concat()).collect();
        [&*self.before, &*first, &*fields, end, &*self.body, &*self.behind].concat()
    }

    fn change(&mut self, edit: &Edit) {
        match edit.clone() {
            Edit::Nothing | Edit::Whole(_) => {}
            Edit::Method(method) => self.method = method,
            Edit::Target(target) => self.target = target,
            Edit::Version(version) => self.version = version,
            Edit::Field(line) => self.fields.push(line),
            Edit::FirstField(line) => self.fields.insert(0, line),
            Edit::Instead(name, lines) => {
                self.fields.retain(|field| !is_named(field, name));
                self.fields.extend(lines);
            }
            Edit::Body(body) => self.body = body,
            Edit::Before(bytes) => self.before = bytes,
            Edit::Behind(bytes) => self.behind = bytes,
            Edit::LineEnd(end) => self.line_end = end,
        }
    }
}

fn is_named(field: &[u8], name: &str) -> bool {
    let there = field.split(|byte| *byte == b':').next();
    there.is_some_and(|there| there.eq_ignore_ascii_case(name.as_bytes()))
}
