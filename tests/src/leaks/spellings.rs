//! The spellings in which a program might leave a secret behind: encoders that it links, what a debugger, a
//! log or a document makes of a text, and the carelessness of a hexadecimal dump.

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

/// How many bytes in a row tell a secret from chance: what is left of a buffer that was used again is found
/// where it has four more.
pub(crate) const PIECE: usize = 12;

/// Every spelling of a secret of printable ASCII, by name; the plain one first, and of what is short no other.
/// Those that look like the plain one are left out.
pub(crate) fn spellings(secret: &str) -> Vec<(&'static str, Vec<u8>)> {
    let plain = secret.as_bytes();
    let mut found = vec![("plain", plain.to_vec())];
    if plain.len() < PIECE {
        // Too short for any other: it would be found by chance.
        return found;
    }
    let mut add = |name, bytes: Vec<u8>| {
        if bytes != plain {
            found.push((name, bytes));
        }
    };
    add("in UTF-16", plain.iter().flat_map(|byte| [*byte, 0]).collect());
    add("reversed", plain.iter().rev().copied().collect());
    add("hexadecimal", HEXLOWER.encode(plain).into_bytes());
    add("hexadecimal", HEXUPPER.encode(plain).into_bytes());
    for spared in [NON_ALPHANUMERIC, UNRESERVED] {
        let percent = percent_encode(plain, spared).to_string();
        add("percent-encoded", in_lower_case(&percent).into_bytes());
        add("percent-encoded", percent.into_bytes());
    }
    add("escaped", secret.replace('/', "\\/").into_bytes());
    let escaped = secret.replace('+', "\\u002b").replace('=', "\\u003d");
    add("escaped", escaped.into_bytes());
    for comma in [", ", ","] {
        let numbers: Vec<_> = plain.iter().map(u8::to_string).collect();
        add("as a list of bytes", numbers.join(comma).into_bytes());
    }
    // Base64 of a longer text has it at one of three offsets; the ends belong to neighbours.
    for offset in 0..3 {
        let padded = [&[0; 3][..offset], plain].concat();
        for encoding in [&BASE64, &BASE64URL_NOPAD] {
            let text = encoding.encode(&padded);
            add("base64", text.as_bytes()[4..text.len() - 5].to_vec());
        }
    }
    found
}

/// Pieces of which one is in every part of the secret that is four bytes longer. The emulator's credentials
/// say EXAMPLE, and so may texts that are no secret.
pub(crate) fn pieces(secret: &str) -> impl Iterator<Item = &[u8]> {
    let pieces = secret.as_bytes().windows(PIECE).step_by(4);
    pieces.filter(|piece| !piece.windows(MARK.len()).any(|part| part == MARK))
}

/// Lower case behind each percent sign, and nowhere else.
fn in_lower_case(percent: &str) -> String {
    let mut parts = percent.split('%');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (escape, rest) = part.split_at(2);
        text += &format!("%{}{rest}", escape.to_ascii_lowercase());
    }
    text
}

const MARK: &[u8] = b"EXAMPLE";
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
