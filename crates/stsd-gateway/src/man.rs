//! `man/stsd-gateway.1`, around the one sentence of `--help`.

use std::path::Path;
use std::{env, fs};

use super::{FOR_THE_DAEMON, OS_ERROR, PROTOCOL, USAGE};

fn page() -> String {
    let version = env!("CARGO_PKG_VERSION");
    let about = FOR_THE_DAEMON.replace('-', "\\-");
    format!(
        r#".TH STSD\-GATEWAY 1 2026-11-22 "stsd {version}"
.SH NAME
stsd\-gateway \- the program of stsd that reads ~/.aws and talks to AWS
.SH SYNOPSIS
stsd\-gateway [\-\-help | \-\-version]
.SH DESCRIPTION
{about}.
.PP
It must stand in the folder of
.BR stsd\-daemon (1),
which starts no other. Its standard input is a socket of the daemon's; long\-term
keys and token codes live in it for seconds, and end with the process.
.PP
On Linux it gives up what it does not need before it hears the network: see
.B confinement
in the output of
.BR "stsd status" .
Programs that stsd's configuration allows are run by a second process of it, which does not.
.SH EXIT STATUS
.TP
.B 0
The daemon has closed the socket.
.TP
.B {USAGE}
Started by hand.
.TP
.B {OS_ERROR}
A defect of the system.
.TP
.B {PROTOCOL}
What came over the socket makes no sense.
.SH ENVIRONMENT
.B HOME
says where the AWS files are. No
.B AWS_*
or proxy variable has a meaning.
.SH FILES
.TP
.I ~/.aws/config\fR, \fI~/.aws/credentials
The profiles and the long\-term keys, or the files that stsd's configuration names.
.SH SEE ALSO
.BR stsd (1),
.BR stsd\-daemon (1)
"#
    )
}

#[test]
fn man_page_says_what_help_says() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../man/stsd-gateway.1");
    if env::var_os("STSD_MAN").is_some_and(|word| word == "write") {
        fs::write(&file, page()).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == page(),
        "man/stsd-gateway.1 is not what `stsd-gateway --help` says; write it anew:\n\
         STSD_MAN=write cargo test -p stsd -p stsd-daemon -p stsd-gateway man_page"
    );
}
