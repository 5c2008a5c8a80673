//! What setup would change: found out, asked for where nobody but the person knows, and shown.

use std::env;
use std::path::{Path, PathBuf};

use stsd_configuration::device::FIDO_HINT;

use super::configuration_file::with_device;
use super::device::{self, Device};
use super::finish::Finish;
use super::identities::{self, Identity};
use super::session::Session;
use super::shell::Shell;
use crate::arguments::SetupArguments;
use crate::changes::{Content, Journal, Plan, Wish};
use crate::commands::service::{
    Installation, Platform, chosen_port, configuration, refuse_other_daemon,
};
use crate::failure::Failure;
use crate::show::{print, printable};
use crate::terminal::Terminal;

/// Nothing of it has been done.
pub(super) struct Proposal {
    plan: Plan,
    /// What a person should know, a sentence each.
    remarks: Vec<String>,
    service: Service,
    session: Option<Session>,
    /// Whether a start file connects every new shell.
    connects_shells: bool,
    identities: Vec<Identity>,
    /// Profiles of which the person said that they have no device.
    without_device: Vec<String>,
}

/// What happens to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    /// There is no service manager.
    ByHand,
    SwitchOn,
    /// It runs, and has read at its start what is about to change.
    Restart,
    Stays,
}

impl Service {
    /// Has the service run on what the files say now.
    fn settle(self, installation: &Installation<'_>, journal: &mut Journal) -> Result<(), Failure> {
        match self {
            Self::SwitchOn => installation.switch_on(journal),
            Self::Restart => {
                installation.read_files_again()?;
                installation.change("restart")?;
                journal.restart_is_due = false;
                Ok(journal.save(installation.disk, &installation.places.state)?)
            }
            Self::Stays => installation.read_files_again(),
            Self::ByHand => Ok(()),
        }
    }
}

impl Proposal {
    /// Finds out, and asks on the terminal where there is one.
    pub(super) fn make(
        installation: &Installation<'_>,
        journal: &Journal,
        arguments: &SetupArguments,
        terminal: Option<&Terminal>,
    ) -> Result<Self, Failure> {
        let configuration = configuration(installation)?;
        let client = Path::new(&installation.program).with_file_name("stsd");
        let identities = identities::find(&configuration, &client.to_string_lossy())?;
        let mut proposal = Self {
            plan: Plan::default(),
            remarks: Vec::new(),
            service: Service::ByHand,
            session: None,
            connects_shells: false,
            identities,
            without_device: journal.without_device.clone(),
        };
        proposal.add_devices(installation, journal, arguments, terminal)?;
        proposal.add_service(installation, journal, arguments.dry_run)?;
        if !arguments.no_variables {
            proposal.add_variables(installation, journal)?;
            proposal.add_shell(installation, journal);
        }
        Ok(proposal)
    }

    /// Whether everything is as it should be.
    pub(super) fn is_nothing(&self) -> bool {
        self.plan.is_empty() && !matches!(self.service, Service::SwitchOn | Service::Restart)
    }

    /// The diff, and what is to be said about it.
    pub(super) fn text(&self) -> String {
        let remarks: String =
            self.remarks.iter().map(|remark| format!("note: {}\n", printable(remark))).collect();
        let then = match self.service {
            _ if self.is_nothing() => "nothing to change\n",
            Service::SwitchOn => "then the service is enabled and started\n",
            Service::Restart => "then the service is restarted\n",
            Service::ByHand | Service::Stays => "",
        };
        let parts = [self.plan.diff(), remarks, then.to_owned()];
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join("\n")
    }

    /// Makes all of it; what comes after is left to the result.
    pub(super) fn make_it(
        mut self,
        installation: &Installation<'_>,
        journal: &mut Journal,
    ) -> Result<Finish, Failure> {
        journal.without_device = std::mem::take(&mut self.without_device);
        if let Some(session) = &self.session {
            journal.variables = session.names();
        }
        // On the disk with the first change: whoever is killed before the restart does it next time.
        match self.service {
            Service::Restart => journal.restart_is_due = true,
            Service::SwitchOn => journal.restart_is_due = false,
            Service::ByHand | Service::Stays => {}
        }
        std::mem::take(&mut self.plan).make(
            installation.disk,
            journal,
            &installation.places.state,
        )?;
        self.service.settle(installation, journal)?;
        if let Some(session) = &self.session {
            session.connect(installation)?;
        }
        Ok(self.finish())
    }

    /// What is left when everything is as it should be.
    pub(super) fn finish(self) -> Finish {
        Finish {
            identities: self.identities,
            by_hand: self.service == Service::ByHand,
            connects_shells: self.connects_shells,
        }
    }

    /// The devices that no file names yet.
    fn add_devices(
        &mut self,
        installation: &Installation<'_>,
        journal: &Journal,
        arguments: &SetupArguments,
        terminal: Option<&Terminal>,
    ) -> Result<(), Failure> {
        let mut devices = Vec::new();
        for (index, identity) in self.identities.iter_mut().enumerate() {
            let given = arguments.mfa_serial.as_deref().filter(|_| index == 0);
            let is_settled =
                identity.mfa_serial.is_some() || self.without_device.contains(&identity.profile);
            let device = match (given, terminal) {
                (Some(given), _) => device::given(given)?,
                _ if is_settled => continue,
                (None, Some(terminal)) => device::asked(terminal, identity)?,
                (None, None) => Device::Unknown,
            };
            match device {
                Device::Serial(serial) if identity.mfa_serial.as_ref() == Some(&serial) => {}
                Device::Serial(serial) => {
                    devices.push((identity.profile.clone(), serial.clone()));
                    identity.mfa_serial = Some(serial);
                }
                Device::None => self.without_device.push(identity.profile.clone()),
                Device::Unknown => self.remarks.push(unknown_device(identity, index == 0)),
            }
        }
        if terminal.is_some() && !devices.is_empty() {
            // What was asked ends here, and the diff begins.
            print("\n")?;
        }
        if devices.is_empty() {
            return Ok(());
        }
        let with_devices = move |text: &str| {
            devices.iter().try_fold(text.to_owned(), |text, (profile, serial)| {
                with_device(&text, profile, serial)
            })
        };
        let path = installation.places.configuration.clone();
        let content = Content::Edited(Box::new(with_devices));
        Ok(self.plan.add(journal, Wish { path, of_service: false, mode: 0o600, content })?)
    }

    fn add_service(
        &mut self,
        installation: &Installation<'_>,
        journal: &Journal,
        is_trial: bool,
    ) -> Result<(), Failure> {
        if let Err(reason) = installation.manager_answers() {
            let way = installation.by_hand();
            self.remarks.push(format!("no service manager of yours answers ({reason}): {way}"));
            return Ok(());
        }
        let facts = installation.facts();
        if !facts.is_active() && !is_trial {
            refuse_other_daemon()?;
        }
        let port = chosen_port(installation, None)?;
        for wish in installation.wishes(port)? {
            self.plan.add(journal, wish)?;
        }
        // So far there are only files in the plan that the daemon reads when it starts.
        let has_read_all = self.plan.is_empty() && !journal.restart_is_due;
        self.service = match (facts.is_active() && facts.is_enabled, has_read_all) {
            (false, _) => Service::SwitchOn,
            (true, false) => Service::Restart,
            (true, true) => Service::Stays,
        };
        if facts.is_lingering == Some(false) && self.service == Service::SwitchOn {
            let remark =
                "the service ends with your last session; `loginctl enable-linger` keeps it";
            self.remarks.push(remark.to_owned());
        }
        Ok(())
    }

    /// For what the session starts. Without a service manager nobody would read it.
    fn add_variables(
        &mut self,
        installation: &Installation<'_>,
        journal: &Journal,
    ) -> Result<(), Failure> {
        if self.service == Service::ByHand {
            return Ok(());
        }
        let session = Session::new(installation, chosen_port(installation, None)?);
        self.plan.add(journal, session.wish(installation))?;
        self.session = Some(session);
        Ok(())
    }

    /// A start file that cannot be changed is no reason to do nothing else.
    fn add_shell(&mut self, installation: &Installation<'_>, journal: &Journal) {
        let client = Path::new(&installation.program).with_file_name("stsd");
        let client = client.to_string_lossy();
        let shell = Shell {
            program: env::var_os("SHELL"),
            zdotdir: env::var_os("ZDOTDIR").map(PathBuf::from).filter(|path| path.is_absolute()),
            home: &installation.home,
            configuration: &installation.configuration,
            client: (!is_found_by_name(Path::new(&*client))).then_some(&client),
            is_macos: installation.platform == Platform::Launchd,
        };
        let by_hand = || format!("add this to your shell's start file: {}", shell.posix_line());
        match shell.wish() {
            None => self.remarks.push(by_hand()),
            Some(wish) => {
                let added = self.plan.add(journal, wish);
                self.connects_shells = added.is_ok();
                if let Err(error) = added {
                    self.remarks.push(format!("{error}; it stays; {}", by_hand()));
                }
            }
        }
    }
}

fn unknown_device(identity: &Identity, is_first: bool) -> String {
    let without = match identity.fido {
        Some(_) => FIDO_HINT,
        None => "its sessions are without MFA, and AWS refuses those every IAM call",
    };
    let likely = identity.likely_device().unwrap_or_else(|| "ARN".to_owned());
    let remedy = match is_first {
        true => format!("if there is a device, add `--mfa-serial {likely}`"),
        false => "run this on a terminal, and it asks".to_owned(),
    };
    format!("{}: {without}; {remedy}", device::introduction(identity))
}

/// Whether `stsd`, typed by itself, is this program.
fn is_found_by_name(own: &Path) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).map(|folder| folder.join("stsd")).find(|at| at.is_file());
    found.is_some_and(|found| found.canonicalize().is_ok_and(|found| found == own))
}
