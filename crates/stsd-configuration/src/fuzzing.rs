//! What the fuzz target of this crate does with its bytes: see fuzz/README.md. Compiled for tests and for
//! fuzzing alone.

use std::path::Path;

use stsd_protocol::endpoint_mistake;

use crate::{Configuration, parse};

/// Reads the bytes as a `config.toml`. What passes is within its limits; what does not is told in one
/// line, and not with the proxy's password.
pub fn configuration(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match parse(text, Some(Path::new("/home/alice"))) {
        Ok(configuration) => within_its_limits(&configuration),
        Err(message) => {
            assert!(!message.contains('\n'), "{message:?}");
            assert!(!message.contains(PASSWORD) || !stands_in_proxy_alone(text), "{message}");
        }
    }
}

fn within_its_limits(configuration: &Configuration) {
    let Configuration { session_duration, settings, .. } = configuration;
    assert!((900..=129_600).contains(&session_duration.as_secs()));
    let paths = [&settings.aws_config_file, &settings.aws_credentials_file, &settings.ca_bundle];
    assert!(paths.into_iter().flatten().all(|path| path.starts_with('/')), "{paths:?}");
    assert!(settings.sts_endpoint.iter().all(|url| endpoint_mistake(url).is_none()));
    assert!(settings.proxy.iter().all(|url| url.starts_with("http")));
}

fn stands_in_proxy_alone(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| line.contains(PASSWORD));
    let (first, more) = (lines.next(), lines.next());
    let proxy = |line: &str| line.starts_with("proxy = \"http://alice:") && line.contains(PROXY);
    more.is_none() && first.is_some_and(|line| proxy(line) && line.matches(PASSWORD).count() == 1)
}

const PASSWORD: &str = "fake-password";
const PROXY: &str = "alice:fake-password@proxy";

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn every_input_of_the_corpus_keeps_the_promises() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/configuration");
        let mut inputs = 0;
        for input in std::fs::read_dir(&folder).unwrap() {
            let path = input.unwrap().path();
            // Shown with a failure alone.
            println!("{}", path.display());
            super::configuration(&std::fs::read(path).unwrap());
            inputs += 1;
        }
        assert!(inputs >= 10, "{inputs} inputs");
    }
}
