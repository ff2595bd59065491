//! Findings: each thing that `doctor` looked at, how urgent it is, and the step that helps.

use super::error::{Error, Kind};

/// How urgent a finding is. The order is that of urgency, so the worst of several is their maximum.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// Nothing has to be done.
    Ok,
    /// It could not be checked.
    Unknown,
    /// An administrator should act soon.
    Warning,
    /// An administrator should act now.
    Critical,
}

impl Severity {
    /// The stable word in text and in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Severity::Ok => "ok",
            Severity::Unknown => "unknown",
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        }
    }

    /// The exit code of `doctor`, as monitoring systems read it.
    pub const fn exit_code(self) -> u8 {
        match self {
            Severity::Ok => 0,
            Severity::Warning => 1,
            Severity::Critical => 2,
            Severity::Unknown => 3,
        }
    }
}

/// The result of one check.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// How urgent it is.
    pub severity: Severity,
    /// The stable snake_case word for programs.
    pub kind: &'static str,
    /// A sentence about it, safe to print.
    pub message: String,
    /// The next step, safe to print; `None` if there is nothing to do.
    pub hint: Option<String>,
}

impl Finding {
    /// A check that found nothing to do.
    pub fn ok(kind: &'static str, message: impl Into<String>) -> Finding {
        Finding { severity: Severity::Ok, kind, message: message.into(), hint: None }
    }

    /// A check that could not be made.
    pub fn unknown(kind: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Finding {
        Finding { severity: Severity::Unknown, kind, message: message.into(), hint: Some(hint.into()) }
    }

    /// A fault on which an administrator should act soon.
    pub fn warning(kind: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Finding {
        Finding { severity: Severity::Warning, kind, message: message.into(), hint: Some(hint.into()) }
    }

    /// A fault on which an administrator should act now.
    pub fn critical(kind: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Finding {
        Finding { severity: Severity::Critical, kind, message: message.into(), hint: Some(hint.into()) }
    }
}

impl Finding {
    /// A check that failed with this error: critical if the database itself is at fault, unknown otherwise.
    pub fn failed(kind: &'static str, error: Error) -> Finding {
        let Error { kind: of, message, hint, .. } = error;
        let severity = match of {
            Kind::Schema | Kind::NoDatabase => Severity::Critical,
            Kind::Failure if message.contains(DAMAGED) => Severity::Critical,
            _ => Severity::Unknown,
        };
        Finding { severity, kind, message, hint: hint.or_else(|| Some("try again in a moment".to_owned())) }
    }
}

/// The words of an error that says that the file itself is damaged.
pub const DAMAGED: &str = "is damaged";

/// The overall status: the worst severity among these findings.
pub fn status(findings: &[Finding]) -> Severity {
    findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_that_failed_is_critical_only_if_the_database_is_at_fault() {
        let of = |kind, message: &str| Finding::failed("x", Error::new(kind, message)).severity;
        assert_eq!(of(Kind::NoDatabase, "none"), Severity::Critical);
        assert_eq!(of(Kind::Schema, "older"), Severity::Critical);
        assert_eq!(of(Kind::Failure, "the database file is damaged"), Severity::Critical);
        assert_eq!(of(Kind::Failure, "permission denied"), Severity::Unknown);
        assert_eq!(of(Kind::Busy, "busy"), Severity::Unknown);
    }

    #[test]
    fn the_status_is_the_worst_severity_and_has_the_exit_code_that_monitoring_expects() {
        let (ok, unknown) = (Finding::ok("a", "fine"), Finding::unknown("b", "not checked", "look"));
        let (warning, critical) = (Finding::warning("c", "soon", "act"), Finding::critical("d", "now", "act"));
        let code = |findings: &[&Finding]| {
            let findings: Vec<Finding> = findings.iter().map(|finding| (*finding).clone()).collect();
            status(&findings).exit_code()
        };
        assert_eq!(code(&[]), 0);
        assert_eq!(code(&[&ok]), 0);
        assert_eq!(code(&[&ok, &unknown]), 3);
        assert_eq!(code(&[&warning, &unknown, &ok]), 1);
        assert_eq!(code(&[&warning, &critical, &unknown]), 2);
    }
}
