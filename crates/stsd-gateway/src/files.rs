//! The user's two files on disk. Their places come from stsd's own settings or from `HOME`, never
//! from `AWS_CONFIG_FILE` and its kin: in a shell that uses stsd these name the view.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use stsd_protocol::gateway::{Problem, Settings, Severity};

/// One file as it was read. Has no `Debug`: the text holds keys.
pub(crate) struct AwsFile {
    /// Absolute.
    pub(crate) path: String,
    pub(crate) exists: bool,
    /// A file that is not there is an empty one.
    pub(crate) text: Result<String, String>,
    pub(crate) readable_by_others: bool,
}

/// The places of the two files that stsd goes by.
///
/// # Errors
/// A sentence, if a place is not known or not absolute.
pub(crate) fn places(settings: &Settings, home: Option<&Path>) -> Result<[String; 2], String> {
    pair(&settings.aws_config_file, &settings.aws_credentials_file, home)
}

/// The places of a config file and of a credentials file: as named, else in `home`.
///
/// # Errors
/// As for [`places`].
pub(crate) fn pair(
    config: &Option<String>,
    credentials: &Option<String>,
    home: Option<&Path>,
) -> Result<[String; 2], String> {
    let place = |set: &Option<String>, name: &str| match (set, home) {
        (Some(path), _) if path.starts_with('/') => Ok(path.clone()),
        (Some(_), _) => {
            Err(format!("the configured place of the AWS {name} file is not an absolute path"))
        }
        (None, Some(home)) if home.is_absolute() => home
            .join(".aws")
            .join(name)
            .into_os_string()
            .into_string()
            .map_err(|_| "HOME is not UTF-8".to_owned()),
        (None, _) => Err("HOME names no absolute path, so ~/.aws cannot be found".to_owned()),
    };
    Ok([place(config, "config")?, place(credentials, "credentials")?])
}

/// Reads one file.
pub(crate) fn read(path: &str) -> AwsFile {
    let (exists, (text, mode)) = match read_whole(path) {
        Ok(Some((text, mode))) => (true, (Ok(text), mode)),
        Ok(None) => (false, (Ok(String::new()), 0)),
        Err(why) => (true, (Err(why), 0)),
    };
    AwsFile { path: path.to_owned(), exists, text, readable_by_others: mode & 0o044 != 0 }
}

impl AwsFile {
    /// A mistake of the file as a whole.
    pub(crate) fn problem(&self, severity: Severity, message: &str) -> Problem {
        let (file, message) = (self.path.clone(), message.to_owned());
        Problem { file, line: None, profile: None, key: None, severity, message }
    }
}

/// The text and the file's mode; nothing if there is no file.
fn read_whole(path: &str) -> Result<Option<(String, u32)>, String> {
    let cannot = |error: std::io::Error| format!("the file cannot be read ({})", error.kind());
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(cannot(error)),
    };
    // A FIFO would block for ever. /dev/null, as some people have it, reads as nothing.
    if metadata.file_type().is_char_device() {
        return Ok(Some((String::new(), 0)));
    }
    if !metadata.is_file() {
        return Err("it is not a file".to_owned());
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LIMIT + 1).read_to_end(&mut bytes))
        .map_err(cannot)?;
    if bytes.len() as u64 > LIMIT {
        return Err("the file is larger than 1 MiB".to_owned());
    }
    let text = String::from_utf8(bytes).map_err(|_| "the file is not UTF-8".to_owned())?;
    Ok(Some((text, metadata.mode())))
}

/// Five thousand profiles fit in. With the limits of `profiles::set` it bounds the time that a file takes.
const LIMIT: u64 = 1024 * 1024;
