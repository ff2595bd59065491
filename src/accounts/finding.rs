//! Findings: each thing that `doctor` looked at, how urgent it is, and the step that helps.

/// How urgent a finding is. The order is that of urgency, so the worst of several is their maximum.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// Nothing has to be done.
    Ok,
    /// It could not be checked.
    Unknown,
    /// Somebody should act soon.
    Warning,
    /// Somebody should act now.
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

    /// Something on which somebody should act soon.
    pub fn warning(kind: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Finding {
        Finding { severity: Severity::Warning, kind, message: message.into(), hint: Some(hint.into()) }
    }

    /// Something on which somebody should act now.
    pub fn critical(kind: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Finding {
        Finding { severity: Severity::Critical, kind, message: message.into(), hint: Some(hint.into()) }
    }
}

/// The overall status: the worst severity among these findings.
pub fn status(findings: &[Finding]) -> Severity {
    findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Ok)
}

#[cfg(test)]
mod tests {
    use super::*;

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
