//! What is known of the service, and how `stsd service status` says it.

use serde::Serialize;

use crate::show::printable;

/// The service, as the system's own programs tell it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Facts {
    /// The file that defines it; without one, it is not installed.
    pub(crate) unit: Option<String>,
    /// Whether that file came with a package, and is not stsd's to change.
    pub(crate) is_packaged: bool,
    /// Whether it starts with the session.
    pub(crate) is_enabled: bool,
    /// In the words of the service manager.
    pub(crate) state: String,
    /// The daemon's process.
    pub(crate) pid: Option<u32>,
    /// Since when it runs, in the words of the service manager.
    pub(crate) since: Option<String>,
    /// The daemon's program.
    pub(crate) program: Option<String>,
    /// What the last run ended with.
    pub(crate) last_exit: Option<i32>,
    /// Whether it goes on when the user logs out; nothing where that question does not arise.
    pub(crate) is_lingering: Option<bool>,
}

impl Facts {
    /// Whether it runs.
    pub(crate) fn is_active(&self) -> bool {
        self.state == "active"
    }

    /// The lines for a person. `ours` is the daemon that stands beside this program.
    pub(super) fn text(&self, ours: &str) -> String {
        let Some(unit) = &self.unit else {
            return "not installed: run `stsd service install`\n".to_owned();
        };
        let package = if self.is_packaged { " (of a package)" } else { "" };
        let enabled = match self.is_enabled {
            true => "starts with your session",
            false => "does not start with your session: run `stsd service install`",
        };
        let mut lines = vec![
            format!("unit      {unit}{package}"),
            format!("enabled   {enabled}"),
            format!("state     {}", self.state_line()),
        ];
        if let Some(program) = &self.program {
            let other = match program == ours {
                true => String::new(),
                false => format!(" (this stsd stands beside another: {ours})"),
            };
            lines.push(format!("program   {program}{other}"));
        }
        if self.is_lingering == Some(false) {
            let remedy = "to keep it when you log out: `loginctl enable-linger`";
            lines.push(format!("lingering no: ends with your last session; {remedy}"));
        }
        lines.iter().map(|line| printable(line) + "\n").collect()
    }

    fn state_line(&self) -> String {
        let pid = self.pid.map_or(String::new(), |pid| format!(", pid {pid}"));
        match self.state.as_str() {
            "active" => {
                let since = self.since.as_deref().unwrap_or("an unknown time");
                format!("active{pid}, since {since}")
            }
            state => {
                let code = self.last_exit.filter(|code| *code != 0);
                let code = code.map_or(String::new(), |code| format!(" (exit code {code})"));
                format!("{state}{code}: run `stsd service start`, or see `stsd service logs`")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Facts;

    fn active() -> Facts {
        Facts {
            unit: Some("/u/stsd.service".into()),
            is_enabled: true,
            state: "active".into(),
            pid: Some(4711),
            since: Some("Sun 2026-11-22 07:00:00 UTC".into()),
            program: Some("/b/stsd-daemon".into()),
            last_exit: Some(0),
            is_lingering: Some(true),
            ..Facts::default()
        }
    }

    #[test]
    fn a_service_that_is_well_is_four_lines() {
        assert_eq!(
            active().text("/b/stsd-daemon"),
            "unit      /u/stsd.service\n\
             enabled   starts with your session\n\
             state     active, pid 4711, since Sun 2026-11-22 07:00:00 UTC\n\
             program   /b/stsd-daemon\n"
        );
    }

    #[test]
    fn whatever_is_amiss_says_what_to_type() {
        assert!(Facts::default().text("").contains("`stsd service install`"));
        let failed = Facts { state: "failed".into(), pid: None, last_exit: Some(78), ..active() };
        assert!(failed.text("").contains("failed (exit code 78): run `stsd service start`"));
        let facts = Facts { is_lingering: Some(false), is_enabled: false, ..active() };
        let text = facts.text("/other/stsd-daemon");
        for words in ["enable-linger", "stsd service install", "beside another: /other/stsd-daemon"]
        {
            assert!(text.contains(words), "{text}");
        }
    }
}
