//! Where no service manager keeps what it was given: launchd has nothing of the kind.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;

/// There is none.
#[derive(Clone, Debug)]
pub(super) enum Store {}

impl Store {
    pub(super) fn find(_: impl Fn(&str) -> Option<OsString>) -> Result<Self, &'static str> {
        Err("launchd keeps nothing over a restart")
    }

    pub(super) fn push(&self, _: &File) -> io::Result<()> {
        match *self {}
    }

    pub(super) fn remove(&self) -> io::Result<()> {
        match *self {}
    }

    pub(super) fn holds(&self, _: &File) -> Option<bool> {
        match *self {}
    }
}

pub(super) fn create() -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn free(_: &File, _: usize, _: usize) {}

pub(super) fn recognised(_: OwnedFd) -> Option<File> {
    None
}

pub(super) fn boot() -> io::Result<String> {
    Err(io::ErrorKind::Unsupported.into())
}
