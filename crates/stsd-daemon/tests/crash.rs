//! A panic notes itself in the record, by the hook that the daemon sets: in a process of its own,
//! since a process has one hook and dies but once.
#![cfg(target_os = "linux")]

use std::ffi::OsString;
use std::io::Read;
use std::os::unix::net::UnixDatagram;
use std::panic::catch_unwind;
use std::sync::mpsc::channel;

use stsd_daemon::survival::{SIZE, Survival};

#[test]
fn a_panic_is_noted_in_the_record_before_it_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let variable = |name: &str| match name {
        "NOTIFY_SOCKET" => Some(OsString::from(&path)),
        "SYSTEMD_EXEC_PID" => Some(std::process::id().to_string().into()),
        _ => None,
    };
    let (sender, reported) = channel();
    let crashes = move || {
        // The file has no name but this one.
        let folder = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
        let is_record = |link: &std::path::PathBuf| {
            let name = std::fs::read_link(link);
            name.is_ok_and(|name| name.to_string_lossy().starts_with("/memfd:stsd-sessions"))
        };
        let record = folder.map(|entry| entry.path()).find(is_record).unwrap();
        let mut image = Vec::new();
        std::fs::File::open(record).unwrap().read_to_end(&mut image).unwrap();
        assert_eq!(image.len(), SIZE);
        image[16..32].iter().any(|byte| *byte != 0)
    };
    std::panic::set_hook(Box::new(move |_| sender.send(crashes()).unwrap()));
    let (_survival, survivors) = Survival::begin(Vec::new(), true, variable);
    assert!(survivors.is_none());
    let mut pushed = [0; 64];
    let length = socket.recv(&mut pushed).unwrap();
    assert_eq!(&pushed[..length], b"FDSTORE=1\nFDNAME=sessions\nFDPOLL=0\n");
    assert!(!crashes(), "control: nothing is noted before");
    catch_unwind(|| panic!("on purpose")).unwrap_err();
    assert!(reported.recv().unwrap(), "it was noted when the report came");
}
