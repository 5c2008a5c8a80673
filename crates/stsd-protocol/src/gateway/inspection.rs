//! What stands in a pair of files, whether stsd could serve it or not.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Problem;

/// What stands in a pair of files. Never holds a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspection {
    /// The files, config first.
    pub files: Vec<InspectedFile>,
}

/// One file of AWS settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InspectedFile {
    /// Its absolute path.
    pub file: String,
    /// Why it cannot be read, if it exists and cannot.
    pub unreadable: Option<String>,
    /// Whether it exists.
    pub exists: bool,
    /// Its profiles, in the order of the file; sections of other kinds are left out.
    pub profiles: Vec<InspectedProfile>,
    /// What could not be understood.
    pub problems: Vec<Problem>,
    /// The first line, counted from 1, that says a section or a key a second time: botocore refuses
    /// the file for it, and the SDKs merge.
    #[serde(default)]
    pub repeated: Option<u32>,
}

/// One profile as one file has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InspectedProfile {
    /// As the user wrote it.
    pub name: String,
    /// Every key with a value, in lower case. The value is `None` wherever it might be secret:
    /// secret access keys, tokens, and programs that are not stsd.
    pub settings: BTreeMap<String, Option<String>>,
}
