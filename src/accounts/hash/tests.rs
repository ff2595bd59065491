//! Hashes, their costs and the work of a verification.

use super::*;

struct Fixed;

impl Entropy for Fixed {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        bytes.fill(7);
        Ok(())
    }
}

const CHEAP: Cost = Cost { memory: 8, passes: 1 };

#[test]
fn a_hash_is_verified_and_says_what_it_cost() {
    let mut hasher = Hasher::new(CHEAP);
    let hash = hasher.hash(&Secret::from("curiouser and curiouser"), &mut Fixed).expect("hash");
    assert!(hash.as_str().starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
    assert!(hasher.verify(&Secret::from("curiouser and curiouser"), Some(&hash)));
    assert!(!hasher.verify(&Secret::from("curiouser and curiouseR"), Some(&hash)));
}

#[test]
fn a_hash_that_cannot_be_computed_says_why() {
    let mut hasher = Hasher::new(Cost { memory: 1, passes: 1 });
    let error = hasher.hash(&Secret::from("curiouser"), &mut Fixed).err().expect("too little memory");
    assert_eq!(error.message, "this password hash cannot be computed: memory cost is too small");
    assert!(error.hint.is_some());
}

#[test]
fn both_normal_forms_of_a_password_log_in() {
    let mut hasher = Hasher::new(CHEAP);
    let hash = hasher.hash(&Secret::from("cafe\u{301}"), &mut Fixed).expect("hash");
    assert!(hasher.verify(&Secret::from("caf\u{e9}"), Some(&hash)));
}

#[test]
fn w05_nobody_costs_one_verification_like_anybody() {
    let mut hasher = Hasher::new(CHEAP);
    assert!(!hasher.verify(&Secret::from("x"), None));
    assert_eq!(hasher.verifications(), 1);
}

#[test]
fn a_hash_cheaper_than_the_policy_costs_as_much_as_a_name_without_one() {
    let made = |memory, passes| encode(Cost { memory, passes }, &[1; SALT], &[2; OUT]);
    for policy in [(8, 1), (64, 1), (256, 3), (1000, 2)] {
        let mut hasher = Hasher::new(Cost { memory: policy.0, passes: policy.1 });
        let mut spent = |hash: Option<&PasswordHash>| {
            let before = hasher.work();
            assert!(!hasher.verify(&Secret::from("x"), hash));
            hasher.work() - before
        };
        let nobody = spent(None);
        assert_eq!(nobody, work(policy.0, policy.1));
        for (memory, passes) in [(8, 1), (16, 2), (64, 1), (64, 2), (1000, 2), (500, 4), (8, 5)] {
            let own = spent(Some(&made(memory, passes)));
            // argon2 computes no less than 8 KiB.
            let wanted = nobody.max(work(memory, passes));
            assert!((wanted - 7..=wanted).contains(&own), "{policy:?}: m={memory},t={passes}: {own}, not {wanted}");
        }
        assert_eq!(spent(Some(&PasswordHash::new("$2b$12$saltandhash"))), nobody, "a scheme that is not honoured");
    }
}

#[test]
fn a_right_password_costs_the_rest_as_well() {
    let old = Hasher::new(CHEAP).hash(&Secret::from("x"), &mut Fixed).expect("hash");
    let mut hasher = Hasher::new(Cost { memory: 64, passes: 3 });
    assert!(hasher.verify(&Secret::from("x"), Some(&old)));
    assert_eq!(hasher.work(), 64 * 3);
}

#[test]
fn what_is_added_never_exceeds_the_dearest_policy() {
    let mut hasher = Hasher::new(CHEAP);
    hasher.spend(u64::MAX, &Secret::from("x"));
    assert_eq!(hasher.work(), WORK);
}

#[test]
fn a_hash_dearer_than_the_cap_is_unusable_and_cheap() {
    let mut hasher = Hasher::new(CHEAP);
    let salt_and_hash = "AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    for params in ["m=262144,t=16,p=1", "m=1048576,t=1,p=1", "m=8,t=200,p=1", "m=4294967295,t=1,p=1", "m=64,t=1,p=9"] {
        let bomb = PasswordHash::new(format!("$argon2id$v=19${params}${salt_and_hash}"));
        assert!(!hasher.verify(&Secret::from("x"), Some(&bomb)), "{params}");
    }
    for broken in ["", "!", "*", "plain", "$argon2i$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA"] {
        assert!(!hasher.verify(&Secret::from(broken), Some(&PasswordHash::new(broken))), "{broken}");
    }
}

#[test]
fn a_hash_at_the_caps_is_usable_and_one_step_beyond_each_is_not() {
    let hasher = Hasher::new(CHEAP);
    let usable = |kind: &str, version: u32, params: &str, salt: usize, out: usize| {
        use base64ct::{Base64Unpadded, Encoding as _};
        let (salt, out) = (vec![1; salt], vec![2; out]);
        let (salt, out) = (Base64Unpadded::encode_string(&salt), Base64Unpadded::encode_string(&out));
        hasher.can_verify(&PasswordHash::new(format!("${kind}$v={version}${params}${salt}${out}")))
    };
    for params in ["m=262144,t=1,p=1", "m=16384,t=16,p=1", "m=64,t=1,p=8"] {
        assert!(usable("argon2id", 19, params, 16, 32), "{params}");
    }
    for params in ["m=262145,t=1,p=1", "m=8,t=17,p=1", "m=131073,t=2,p=1", "m=72,t=1,p=9"] {
        assert!(!usable("argon2id", 19, params, 16, 32), "{params}");
    }
    let sized = |salt, out| usable("argon2id", 19, "m=8,t=1,p=1", salt, out);
    assert!(sized(8, 16) && sized(16, 64) && sized(48, 32));
    assert!(!sized(7, 32) && !sized(16, 15) && !sized(16, 65));
    assert!(!usable("argon2i", 19, "m=8,t=1,p=1", 16, 32) && !usable("argon2id", 16, "m=8,t=1,p=1", 16, 32));
}

#[test]
fn a_cost_at_the_caps_may_be_set_and_one_step_beyond_may_not() {
    for (text, lawful) in [
        ("m=262144,t=1", true),
        ("m=16384,t=16", true),
        ("m=262145,t=1", false),
        ("m=7168,t=17", false),
        ("m=131073,t=2", false),
    ] {
        assert_eq!(text.parse::<Cost>().is_ok(), lawful, "{text}");
    }
}

#[test]
fn every_byte_of_a_long_password_counts() {
    let mut hasher = Hasher::new(CHEAP);
    let long = "abcdefgh".repeat(128);
    let hash = hasher.hash(&Secret::from(long.as_str()), &mut Fixed).expect("hash");
    for at in [63, 64, 71, 72, 254, 255, 1023] {
        let mut other = long.clone();
        other.replace_range(at..=at, "!");
        assert!(!hasher.verify(&Secret::from(other.as_str()), Some(&hash)), "byte {at}");
    }
}

#[test]
fn a_cost_below_every_floor_is_refused_with_the_floors() {
    for (memory, passes) in FLOORS {
        let cost: Cost = format!("m={memory},t={passes}").parse().expect("a floor");
        assert_eq!(cost, Cost { memory, passes });
        for (m, t) in [(memory - 1, passes), (memory, passes - 1)] {
            let error = format!("m={m},t={t}").parse::<Cost>().expect_err("below");
            assert!(error.hint.expect("the floors").contains("m=19456,t=2"));
        }
    }
    for odd in ["", "m=19456", "t=2,m=19456", "m=19456,t=2,p=1", "m=-1,t=2", "m=262145,t=2", "m=19456,t=17"] {
        assert!(odd.parse::<Cost>().is_err(), "{odd}");
    }
}

#[test]
fn whatever_cost_a_policy_may_have_a_log_in_honours() {
    let mut lawful = 0;
    for memory in [7_168, 9_216, 19_456, 47_104, 65_536, 65_537, 131_072, 262_144, 262_145] {
        for passes in 1..=17 {
            let Ok(cost) = format!("m={memory},t={passes}").parse::<Cost>() else { continue };
            let made = encode(cost, &[1; SALT], &[2; OUT]);
            assert!(Hasher::new(cost).can_verify(&made), "{cost}");
            lawful += 1;
        }
    }
    assert!(lawful > 20, "{lawful}");
    for dear in ["m=262144,t=2", "m=65537,t=4", "m=19456,t=16"] {
        let error = dear.parse::<Cost>().expect_err(dear);
        assert!(error.message.contains("dearer") && error.hint.is_some_and(|hint| hint.contains("m times t")));
    }
}

#[test]
fn a_scheme_tells_nothing_of_salt_and_digest() {
    assert_eq!(scheme("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA"), "argon2id v=19 m=19456,t=2,p=1");
    assert_eq!(scheme("$2b$12$saltandhash"), "2b");
    assert_eq!(scheme("secret"), "unknown");
}

#[test]
fn a_weaker_hash_is_noticed() {
    let old = Hasher::new(CHEAP).hash(&Secret::from("x"), &mut Fixed).expect("hash");
    assert!(Hasher::new(Cost { memory: 16, passes: 1 }).is_weak(&old));
    assert!(!Hasher::new(CHEAP).is_weak(&old));
}

#[test]
fn only_what_takes_memory_waits_for_its_turn() {
    let turn = |memory| Hasher::new(Cost { memory, passes: 1 }).turn().expect("a turn").is_some();
    assert_eq!((turn(WEIGHTLESS - 1), turn(WEIGHTLESS)), (false, true));
}

#[test]
fn a_hash_is_weak_by_memory_or_by_passes_and_never_by_being_stronger() {
    let made = |memory, passes| encode(Cost { memory, passes }, &[1; SALT], &[2; OUT]);
    let hasher = Hasher::new(Cost { memory: 64, passes: 3 });
    for (memory, passes, weak) in [(64, 3, false), (63, 3, true), (64, 2, true), (65, 4, false), (65, 2, true)] {
        assert_eq!(hasher.is_weak(&made(memory, passes)), weak, "{memory} {passes}");
    }
    assert!(!hasher.is_weak(&PasswordHash::new("$2b$12$saltandhash")), "what cannot be read cannot be renewed");
}

#[test]
fn two_differences_do_not_cancel_each_other() {
    assert!(equal(&[1, 2], &[1, 2]) && equal(&[], &[]));
    for (one, other) in [(&[1, 1][..], &[0, 0][..]), (&[1, 2], &[1, 3]), (&[1], &[1, 1]), (&[], &[1])] {
        assert!(!equal(one, other), "{one:?} {other:?}");
    }
}
