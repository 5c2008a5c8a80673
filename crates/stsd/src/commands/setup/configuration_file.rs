//! The one thing that setup writes into stsd's own `config.toml`: the device of a profile, with
//! everything that the user wrote around it kept.

use toml_edit::{DocumentMut, Item, Table, value};

/// The text with `mfa_serial` in `[profiles.NAME]`.
///
/// # Errors
/// If the text is no TOML, or has something else in that place.
pub(super) fn with_device(text: &str, profile: &str, serial: &str) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|_| "is no TOML".to_owned())?;
    let profiles = document.entry("profiles").or_insert_with(|| {
        let mut profiles = Table::new();
        // Only `[profiles.NAME]` is written, and no empty `[profiles]`.
        profiles.set_implicit(true);
        Item::Table(profiles)
    });
    let table = |item: &Item| format!("has no table where `{}` stands", item.type_name());
    let reason = table(profiles);
    let profiles = profiles.as_table_like_mut().ok_or(reason)?;
    let entry = profiles.entry(profile).or_insert_with(|| Item::Table(Table::new()));
    let reason = table(entry);
    let entry = entry.as_table_like_mut().ok_or(reason)?;
    if entry.get("mfa_serial").and_then(Item::as_str) == Some(serial) {
        return Ok(text.to_owned());
    }
    entry.insert("mfa_serial", value(serial));
    Ok(with_line_ends_of(text, &document.to_string()))
}

/// `toml_edit` ends every line as Unix does; a file of Windows keeps its own ends.
fn with_line_ends_of(original: &str, text: &str) -> String {
    let all_are = |end: &str| original.matches('\n').count() == original.matches(end).count();
    match original.contains("\r\n") && all_are("\r\n") {
        true => text.replace("\r\n", "\n").replace('\n', "\r\n"),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::with_device;

    const ARN: &str = "arn:aws:iam::111122223333:mfa/alice";

    #[test]
    fn a_device_is_added_and_nothing_else_changes() {
        let added = format!("[profiles.default]\nmfa_serial = \"{ARN}\"\n");
        assert_eq!(with_device("", "default", ARN).unwrap(), added);
        let mine = "# mine\nlisten = '127.0.0.1:1' # why\n";
        let with_mine = format!("{mine}\n{added}");
        assert_eq!(with_device(mine, "default", ARN).unwrap(), with_mine);
        assert_eq!(with_device(&with_mine, "default", ARN).unwrap(), with_mine);
    }

    #[test]
    fn a_file_of_windows_keeps_its_ends_of_lines() {
        let mine = "# mine\r\nlisten = '127.0.0.1:1'\r\n";
        let added = format!("\r\n[profiles.default]\r\nmfa_serial = \"{ARN}\"\r\n");
        assert_eq!(with_device(mine, "default", ARN).unwrap(), format!("{mine}{added}"));
    }

    #[test]
    fn a_profile_may_have_any_name_and_be_there_already() {
        let text = with_device("", "my prod\"é", ARN).unwrap();
        assert_eq!(text, format!("[profiles.'my prod\"é']\nmfa_serial = \"{ARN}\"\n"));
        let other =
            "[profiles]\ndefault = { mfa_serial = 'old-one-1' } # kept\nb.mfa_serial = 'x'\n";
        let text = with_device(other, "default", ARN).unwrap();
        assert_eq!(text, other.replace("'old-one-1'", &format!("\"{ARN}\"")));
    }

    #[test]
    fn what_is_no_table_is_left_alone() {
        for text in ["profiles = 1", "[profiles]\ndefault = 'x'", "a ="] {
            assert!(with_device(text, "default", ARN).is_err(), "{text}");
        }
    }
}
