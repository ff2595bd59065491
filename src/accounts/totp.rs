//! Time-based one-time passwords (RFC 6238): SHA-1, six digits, thirty seconds, as every authenticator app has them.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

use super::time::Time;

/// How long one code stands, in milliseconds.
const STEP: i64 = 30_000;

/// How many steps before and after the present one are taken: a code that is just over, and clocks that differ.
const DRIFT: i64 = 1;

/// How many bytes a secret has: those of the hash, as RFC 4226 recommends.
pub const SECRET: usize = 20;

/// The number of the step that an instant lies in.
pub fn step(at: Time) -> i64 {
    at.millis().div_euclid(STEP)
}

/// The code of a step.
pub fn code(secret: &[u8], step: i64) -> String {
    format!("{:06}", truncated(secret, step) % 1_000_000)
}

/// The step after `last` whose code was typed, if one of those that are taken now is it.
///
/// All of them are computed and compared to the end, so that the time tells nothing.
pub fn matching(secret: &[u8], typed: &str, now: Time, last: i64) -> Option<i64> {
    let typed: Vec<u8> = typed.bytes().filter(|byte| !matches!(byte, b' ' | b'-')).collect();
    let present = step(now);
    let mut found = None;
    for step in (present - DRIFT..=present + DRIFT).rev() {
        if same(code(secret, step).as_bytes(), &typed) && step > last {
            found = Some(step);
        }
    }
    found
}

/// Until when every code that an app with a right clock shows is refused, where the last one taken was of a time that a
/// clock which agrees cannot have shown.
pub fn refused_until(last: i64, now: Time) -> Option<Time> {
    let until = Time::from_millis(last.saturating_add(1).saturating_mul(STEP));
    (last > step(now) + DRIFT).then_some(until)
}

fn same(code: &[u8], typed: &[u8]) -> bool {
    code.len() == typed.len() && code.iter().zip(typed).fold(0, |rest, (a, b)| rest | (a ^ b)) == 0
}

/// The dynamic truncation of RFC 4226, 5.3: 31 bits.
fn truncated(secret: &[u8], step: i64) -> u32 {
    // An HMAC takes a key of any length; the other arm is never reached, and no code has seven digits.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(secret) else { return u32::MAX };
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let at = usize::from(digest[19] & 15);
    let picked = [digest[at], digest[at + 1], digest[at + 2], digest[at + 3]];
    u32::from_be_bytes(picked) & 0x7fff_ffff
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: &[u8] = b"12345678901234567890";

    #[test]
    fn the_values_of_rfc_6238_appendix_b() {
        let values = [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ];
        for (seconds, eight) in values {
            let step = step(Time::from_millis(seconds * 1000));
            assert_eq!(format!("{:08}", truncated(SEED, step) % 100_000_000), eight, "{seconds}");
            assert_eq!(code(SEED, step), eight[2..], "{seconds}");
        }
    }

    #[test]
    fn the_values_of_rfc_4226_appendix_d() {
        let values = [1_284_755_224, 1_094_287_082, 137_359_152, 1_726_969_429, 1_640_338_314];
        for (counter, value) in values.into_iter().enumerate() {
            assert_eq!(truncated(SEED, counter as i64), value, "{counter}");
        }
    }

    #[test]
    fn a_code_is_taken_one_step_before_and_after_its_own_and_no_further() {
        let typed = code(SEED, 1000);
        for seconds in -120..=120 {
            let now = Time::from_millis(1000 * STEP + seconds * 1000);
            let taken = matching(SEED, &typed, now, 0);
            assert_eq!(taken, (-30..60).contains(&seconds).then_some(1000), "{seconds} s");
        }
        let now = Time::from_millis(1000 * STEP);
        assert_eq!(matching(SEED, &typed, now, 999), Some(1000));
        assert_eq!(matching(SEED, &typed, now, 1000), None, "a step that was taken is not taken again");
    }

    #[test]
    fn a_code_is_six_digits_however_they_are_grouped() {
        let (now, typed) = (Time::from_millis(1000 * STEP), code(SEED, 1000));
        assert_eq!(matching(SEED, &format!(" {} {}", &typed[..3], &typed[3..]), now, 0), Some(1000));
        for bad in ["", &typed[..5], &format!("{typed}0"), "é", "٣٣٣٣٣٣"] {
            assert_eq!(matching(SEED, bad, now, 0), None, "{bad}");
        }
    }
}
