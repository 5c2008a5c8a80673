//! The committed corpora, and every crash that was found, on the stable compiler: no regression needs a
//! fuzzer to be seen.

use std::path::Path;

/// Its name, and what it does with an input.
type Target = (&'static str, fn(&[u8]));

#[test]
fn every_input_of_the_corpora_keeps_the_promises() {
    let targets: [Target; 8] = [
        ("request", super::request),
        ("control", super::control),
        ("words", super::words),
        ("frames", super::frames),
        ("tokens", super::tokens),
        ("record", super::record),
        #[cfg(target_os = "linux")]
        ("netlink", super::netlink),
        #[cfg(target_os = "linux")]
        ("audit", super::audit),
    ];
    for (name, target) in targets {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
        let mut inputs = 0;
        for input in std::fs::read_dir(&folder).unwrap() {
            let path = input.unwrap().path();
            // Shown with a failure alone.
            println!("{}", path.display());
            target(&std::fs::read(path).unwrap());
            inputs += 1;
        }
        assert!(inputs >= 10, "{name} has {inputs} inputs");
    }
}
