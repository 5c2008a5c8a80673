//! The container credentials provider: what the two URI variables and the authorization token lead
//! to, by the rules in which the SDKs differ.

use super::link::Link;
use super::{Listener, Shell, Source, TokenFile};

/// How one SDK reads the variables.
pub(super) struct Rules {
    /// A blank variable counts as one that is set: botocore's and Rust's way.
    pub(super) blank_counts: bool,
    /// `AWS_CONTAINER_AUTHORIZATION_TOKEN` goes before the file: Java's way.
    pub(super) variable_before_file: bool,
    /// Where the file's token cannot be sent, the variable is tried: JavaScript's second provider.
    pub(super) variable_after_file: bool,
}

/// The link, if either variable is there.
pub(super) fn link(shell: &Shell, rules: &Rules) -> Option<Link> {
    let set = |name| match rules.blank_counts {
        true => shell.variable(name),
        false => shell.filled(name),
    };
    let (variable, uri) = match (set(RELATIVE), set(FULL)) {
        (Some(path), _) => (RELATIVE, path),
        (None, Some(uri)) => (FULL, uri),
        (None, None) => return None,
    };
    let foreign = |reason| Some(Link::new(Source::Container, None, reason));
    if uri.is_empty() {
        let reason = format!("{variable} is set, to nothing");
        return foreign(reason.clone()).map(|link| link.with_trouble(Some(reason)));
    }
    if variable == RELATIVE {
        return foreign(format!("{RELATIVE} is set, which asks 169.254.170.2"));
    }
    let Some(address) = Address::parse(uri) else {
        let reason = format!("{FULL} is no URL that can be asked");
        return foreign(reason.clone()).map(|link| link.with_trouble(Some(reason)));
    };
    if let Some(path) = address.path_at_stsd(shell) {
        return Some(ours(shell, path, rules));
    }
    let trouble = match (address.is_accepted(), shell.listener == Listener::Nobody) {
        (false, _) => Some(format!("no AWS SDK asks {} by http", address.host)),
        (true, true) => Some("nobody listens there".to_owned()),
        (true, false) => None,
    };
    let reason = format!("{FULL} is {}:{}, not stsd's", address.host, address.port);
    foreign(reason).map(|link| link.with_trouble(trouble))
}

/// Whether the tool gets as far as asking anybody.
pub(super) fn is_asked(shell: &Shell) -> bool {
    let uri = shell.filled(FULL).filter(|_| shell.filled(RELATIVE).is_none());
    uri.and_then(Address::parse).is_none_or(|address| address.is_accepted())
}

/// What the endpoint would say, if the tool gets so far.
fn ours(shell: &Shell, path: &str, rules: &Rules) -> Link {
    let (profile, refusal) = match named(path) {
        Some(name) => {
            let answer = shell.stsd.answer(Some(name).filter(|name| !name.is_empty()));
            (answer.profile, answer.refusal)
        }
        None => (None, Some(format!("stsd has no path {path}"))),
    };
    let unauthorized = (!is_authorized(shell, rules))
        .then(|| "stsd does not take its authorization token".to_owned());
    let link = Link::new(Source::StsdEndpoint, profile, format!("{FULL} is stsd's"));
    link.with_trouble(token(shell, rules).err().or(unauthorized).or(refusal))
}

/// The profile in `/creds/PROFILE`, blank in `/creds`; nothing if it is another path.
fn named(path: &str) -> Option<&str> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let rest = path.strip_prefix("/creds")?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/').filter(|n| !n.contains('/')) }
}

/// Whether the token can be sent at all.
fn token(shell: &Shell, rules: &Rules) -> Result<(), String> {
    let variable = shell.filled(TOKEN);
    if uses_variable(shell, rules) {
        let newline = variable.is_some_and(|token| token.contains(['\n', '\r']));
        return if newline { Err(format!("{TOKEN} holds a newline")) } else { Ok(()) };
    }
    match &shell.token_file {
        TokenFile::Unreadable(why) => Err(format!("{TOKEN_FILE} cannot be read: {why}")),
        TokenFile::Read { newline: true, .. } => {
            Err(format!("{TOKEN_FILE} names a file with a newline in it"))
        }
        TokenFile::NotNamed | TokenFile::Read { .. } => Ok(()),
    }
}

fn is_authorized(shell: &Shell, rules: &Rules) -> bool {
    let ours = match (&shell.token_file, uses_variable(shell, rules)) {
        (_, true) => shell.token_is_ours,
        (TokenFile::Read { ours, .. }, false) => *ours,
        // Nothing to send.
        (TokenFile::NotNamed | TokenFile::Unreadable(_), false) => Some(false),
    };
    ours.unwrap_or(true)
}

fn uses_variable(shell: &Shell, rules: &Rules) -> bool {
    let file_fails = matches!(
        shell.token_file,
        TokenFile::Unreadable(_) | TokenFile::Read { newline: true, .. }
    );
    shell.filled(TOKEN).is_some()
        && (rules.variable_before_file
            || shell.token_file == TokenFile::NotNamed
            || rules.variable_after_file && file_fails)
}

/// The parts of a URI that matter here.
pub(crate) struct Address<'a> {
    secure: bool,
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    path: &'a str,
}

impl<'a> Address<'a> {
    /// Reads `http://HOST[:PORT][/PATH]`.
    pub(crate) fn parse(uri: &'a str) -> Option<Self> {
        let (scheme, rest) = uri.split_once("://")?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let end = authority.strip_prefix('[').and_then(|rest| rest.find(']')).map(|at| at + 2);
        let end = end.unwrap_or(authority.find(':').unwrap_or(authority.len()));
        let (host, port) = authority.split_at(end);
        let port = match port.strip_prefix(':') {
            Some(digits) => digits.parse().ok()?,
            None if secure => 443,
            None => 80,
        };
        (!host.is_empty()).then_some(Self { secure, host, port, path })
    }

    /// Whether it is on this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        let ip = self.host.parse::<std::net::Ipv4Addr>();
        self.host.eq_ignore_ascii_case("localhost")
            || self.host == "[::1]"
            || ip.is_ok_and(|ip| ip.is_loopback())
    }

    /// The rule of all SDKs: https anywhere, http on this machine or at AWS's own addresses.
    fn is_accepted(&self) -> bool {
        self.secure
            || self.is_loopback()
            || ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"].contains(&self.host)
    }

    /// Whether it is stsd's endpoint, and which profile is asked for there: blank for none in
    /// particular, nothing where the path is none of stsd's.
    pub(crate) fn at_stsd(&self, shell: &Shell) -> Option<Option<&'a str>> {
        self.path_at_stsd(shell).map(named)
    }

    fn path_at_stsd(&self, shell: &Shell) -> Option<&'a str> {
        // Where no port is known, the path tells.
        let is_port = match shell.stsd.port {
            Some(port) => port == self.port,
            None => named(self.path).is_some(),
        };
        let ours = is_port && shell.listener != Listener::Stranger;
        (!self.secure && self.is_loopback() && ours).then_some(self.path)
    }
}

pub(crate) const FULL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
pub(crate) const RELATIVE: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
pub(crate) const TOKEN: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
pub(crate) const TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
