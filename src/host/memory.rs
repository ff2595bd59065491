//! How much memory the machine has left.

/// How many bytes programs may still take without another losing its own; `None` where the system does not tell.
pub fn available() -> Option<usize> {
    let told = std::fs::read_to_string("/proc/meminfo").ok()?;
    available_in(&told)
}

fn available_in(told: &str) -> Option<usize> {
    let line = told.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: usize = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_tells_is_read_in_bytes() {
        let told = "MemTotal:       24605196 kB\nMemFree:          123 kB\nMemAvailable:   1024 kB\nBuffers: 9 kB\n";
        assert_eq!(available_in(told), Some(1024 * 1024));
        assert_eq!(available_in("MemTotal: 5 kB\n"), None);
        assert_eq!(available_in("MemAvailable: many kB\n"), None);
    }
}
