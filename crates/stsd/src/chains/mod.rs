//! Which credentials a tool takes, and why: the provider chains of the AWS SDKs, walked on paper.
//! Pure: what there is comes in as facts, one verdict for each tool comes out. Each walker follows
//! its SDK's own source; where two of them differ, `tests` has a row.

mod botocore;
mod container;
mod files;
mod go;
mod java;
mod javascript;
mod link;
mod profile_links;
mod rust;
mod shell;
mod sources;
#[cfg(test)]
mod tests;

use serde::Serialize;

pub(crate) use container::{Address, FULL, RELATIVE, TOKEN, TOKEN_FILE};
pub(crate) use files::Files;
pub(crate) use link::Verdict;
pub(crate) use profile_links::Call;
pub(crate) use shell::{Listener, Served, Shell, Stsd, TokenFile};

/// A family of tools that look for credentials in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Tool {
    /// boto3, and AWS CLI 1.
    Botocore,
    /// AWS CLI 2: botocore with another order of the profile's two variables.
    AwsCli,
    /// The AWS SDK for JavaScript 3.
    #[serde(rename = "javascript")]
    JavaScript,
    /// The AWS SDK for Go 2, and with it Terraform.
    Go,
    /// The AWS SDK for Java 2.
    Java,
    /// The AWS SDK for Rust.
    Rust,
}

impl Tool {
    /// All of them, in the order in which they are shown.
    pub(crate) const ALL: [Self; 6] =
        [Self::Botocore, Self::AwsCli, Self::JavaScript, Self::Go, Self::Java, Self::Rust];

    /// As people call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Botocore => "boto3",
            Self::AwsCli => "AWS CLI",
            Self::JavaScript => "JavaScript",
            Self::Go => "Go",
            Self::Java => "Java",
            Self::Rust => "Rust",
        }
    }

    /// The profile that it is told, by its option or by a variable that it reads. Botocore, Java and
    /// Rust take a blank variable for a name.
    pub(crate) fn named(self, shell: &Shell) -> Option<&str> {
        let of_variables = || match self {
            Self::Botocore => shell.first(&["AWS_DEFAULT_PROFILE", "AWS_PROFILE"]),
            Self::AwsCli => shell.first(&["AWS_PROFILE", "AWS_DEFAULT_PROFILE"]),
            Self::JavaScript => shell.filled("AWS_PROFILE"),
            Self::Go => shell.filled("AWS_PROFILE").or(shell.filled("AWS_DEFAULT_PROFILE")),
            Self::Java | Self::Rust => shell.variable("AWS_PROFILE"),
        };
        shell.asked.as_deref().or_else(of_variables)
    }

    /// The profile that it takes.
    pub(crate) fn profile(self, shell: &Shell) -> &str {
        self.named(shell).unwrap_or("default")
    }
}

/// Where credentials come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Source {
    /// A `credential_process` that calls stsd.
    StsdView,
    /// stsd's credentials endpoint.
    StsdEndpoint,
    /// The key variables.
    Environment,
    /// Keys in the credentials file.
    SharedCredentials,
    /// Keys in the config file.
    ConfigKeys,
    /// A role that the tool assumes itself.
    AssumeRole,
    /// A program that is not stsd.
    Process,
    /// IAM Identity Center.
    Sso,
    /// `aws login`.
    Login,
    /// A web identity token.
    WebIdentity,
    /// Another server's container endpoint.
    Container,
    /// The machine's own role.
    InstanceMetadata,
    /// The tool stops with an error.
    Error,
    /// The tool finds nothing.
    None,
}

impl Source {
    /// As a sentence names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::StsdView => "stsd, by its credential_process",
            Self::StsdEndpoint => "stsd, by its endpoint",
            Self::Environment => "the key variables",
            Self::SharedCredentials => "keys in the credentials file",
            Self::ConfigKeys => "keys in the config file",
            Self::AssumeRole => "a role that it assumes itself",
            Self::Process => "another program",
            Self::Sso => "IAM Identity Center",
            Self::Login => "`aws login`",
            Self::WebIdentity => "a web identity",
            Self::Container => "another container endpoint",
            Self::InstanceMetadata => "instance metadata",
            Self::Error => "an error",
            Self::None => "nothing",
        }
    }

    /// Whether stsd gives them.
    pub(crate) fn is_stsd(self) -> bool {
        matches!(self, Self::StsdView | Self::StsdEndpoint)
    }
}

/// Walks one tool's chain.
pub(crate) fn walk(tool: Tool, shell: &Shell, files: &Files) -> Verdict {
    let links = match tool {
        Tool::Botocore | Tool::AwsCli => botocore::links(shell, files, tool),
        Tool::JavaScript => javascript::links(shell, files),
        Tool::Go => go::links(shell, files),
        Tool::Java => java::links(shell, files),
        Tool::Rust => rust::links(shell, files),
    };
    link::decide(links)
}
