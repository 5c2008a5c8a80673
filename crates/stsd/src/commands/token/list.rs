//! `stsd token list`: what there is, without a token.

use stsd_protocol::Timestamp;
use stsd_protocol::control::{TOKENS, TokenReport};

use crate::arguments::PlainArguments;
use crate::client::{self, Client};
use crate::failure::Failure;
use crate::show::{print, print_bytes, tokens_table};

/// `--json` is the daemon's own answer, byte for byte.
pub(super) fn run(arguments: &PlainArguments) -> Result<(), Failure> {
    let mut body = Client::new().question(TOKENS)?;
    let tokens: Vec<TokenReport> = client::read(&body)?;
    if arguments.json {
        body.push(b'\n');
        return print_bytes(body);
    }
    print(&tokens_table(&rows(&tokens)))
}

fn rows(tokens: &[TokenReport]) -> Vec<[String; 5]> {
    let date = |date: Option<Timestamp>, without: &str| {
        date.map_or_else(|| without.to_owned(), |date| date.to_string())
    };
    let row = |token: &TokenReport| {
        [
            token.name.clone(),
            token.profiles.as_ref().map_or_else(|| "all".to_owned(), |names| names.join(", ")),
            date(token.created, ""),
            date(token.expires, "never"),
            date(token.last_used, ""),
        ]
    };
    tokens.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use stsd_protocol::Timestamp;
    use stsd_protocol::control::TokenReport;

    use super::rows;
    use crate::show::tokens_table;

    #[test]
    fn each_has_a_line() {
        let own = TokenReport {
            name: "own".into(),
            profiles: None,
            created: None,
            expires: None,
            last_used: Some(Timestamp::from_unix(0)),
        };
        let ci = TokenReport {
            name: "ci".into(),
            profiles: Some(vec!["my prod".into(), "dev".into()]),
            created: Some(Timestamp::from_unix(0)),
            expires: Some(Timestamp::from_unix(3600)),
            last_used: None,
        };
        assert_eq!(
            tokens_table(&rows(&[own, ci])),
            "TOKEN  PROFILES      CREATED               EXPIRES               LAST USED\n\
             own    all           -                     never                 1970-01-01T00:00:00Z\n\
             ci     my prod, dev  1970-01-01T00:00:00Z  1970-01-01T01:00:00Z  -\n"
        );
    }
}
