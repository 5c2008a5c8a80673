//! A filter of system calls that says no: which ones, with which arguments, and with which error.

use std::collections::BTreeMap;

use nix::libc::{c_int, c_long};
use seccompiler::{
    BpfProgram, Error, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch, apply_filter_all_threads,
};

/// What is denied with one and the same error. Everything else is allowed, but for the calls of another
/// architecture than this program's, which end the process.
pub(super) struct Denials {
    error: c_int,
    rules: BTreeMap<i64, Vec<SeccompRule>>,
    mistake: Option<Error>,
}

/// Something that must be so of an argument, counted from 0, of which the lower half counts: the kernel
/// takes none of those below for more than 32 bits.
pub(super) struct Argument(pub(super) u8, pub(super) SeccompCmpOp, pub(super) c_int);

impl Denials {
    pub(super) fn new(error: c_int) -> Self {
        Self { error, rules: BTreeMap::new(), mistake: None }
    }

    /// Whatever the arguments are.
    pub(super) fn always(mut self, calls: impl IntoIterator<Item = c_long>) -> Self {
        for call in calls {
            self.rules.insert(call, Vec::new());
        }
        self
    }

    /// Where all of this is so. Said again for the same call, it is another way to be denied.
    pub(super) fn where_all(mut self, call: c_long, arguments: &[Argument]) -> Self {
        match rule(arguments) {
            Ok(rule) => self.rules.entry(call).or_default().push(rule),
            Err(error) => self.mistake = Some(error),
        }
        self
    }

    /// Puts the filter on every thread of the process, for good.
    ///
    /// # Errors
    /// If the kernel has no such filters.
    pub(super) fn install(self) -> Result<(), Error> {
        if let Some(mistake) = self.mistake {
            return Err(mistake);
        }
        apply_filter_all_threads(&self.program()?)
    }

    fn program(self) -> Result<BpfProgram, Error> {
        let architecture = TargetArch::try_from(std::env::consts::ARCH)?;
        let deny = SeccompAction::Errno(self.error.unsigned_abs());
        let filter = SeccompFilter::new(self.rules, SeccompAction::Allow, deny, architecture)?;
        Ok(filter.try_into()?)
    }
}

fn rule(arguments: &[Argument]) -> Result<SeccompRule, Error> {
    let conditions = arguments.iter().map(|Argument(index, comparison, value)| {
        let value = u64::from(value.cast_unsigned());
        SeccompCondition::new(*index, SeccompCmpArgLen::Dword, comparison.clone(), value)
    });
    Ok(SeccompRule::new(conditions.collect::<Result<_, _>>()?)?)
}

#[cfg(test)]
mod tests {
    use super::{Argument, Denials};
    use nix::libc::{EPERM, SYS_kill, SYS_ptrace};
    use seccompiler::SeccompCmpOp;

    #[test]
    fn a_call_can_be_denied_in_several_ways() {
        let denials = Denials::new(EPERM)
            .always([SYS_ptrace])
            .where_all(SYS_kill, &[Argument(0, SeccompCmpOp::Ne, 7)])
            .where_all(SYS_kill, &[Argument(1, SeccompCmpOp::Eq, 9)]);
        assert_eq!(denials.rules[&SYS_kill].len(), 2);
        assert!(denials.rules[&SYS_ptrace].is_empty());
        assert!(denials.program().is_ok());
    }

    #[test]
    fn a_condition_that_cannot_be_is_an_error_and_no_filter() {
        let denials = Denials::new(EPERM).where_all(SYS_kill, &[Argument(6, SeccompCmpOp::Eq, 0)]);
        assert!(denials.install().is_err());
    }
}
