//! How many of those who are found stand on one side of somebody, without looking at any of them but the nearest.

use std::ops::ControlFlow;

use super::Names;
use crate::engines::sqlite::needles::Needles;

impl Names {
    /// How many people who have all that is looked for are newer than a key, or older. Of those so near to it that their place here
    /// does not tell, `near` is asked whether they are meant.
    pub fn aside(&self, key: (i64, i64), newer: bool, needles: &Needles, near: &mut dyn FnMut(i64) -> bool) -> usize {
        let (own, all) = (self.base.block_of(key), self.base.blocks.len());
        let behind = (own + 1).min(all);
        let mut found =
            self.fresh_with(needles).filter(|one| if newer { one.key > key } else { one.key < key }).count();
        let far = if newer { 0..own } else { behind..all };
        let _ = self.base.walk(far, needles, &mut |number| {
            found += usize::from(!self.gone.contains(&number));
            ControlFlow::Continue(())
        });
        let _ = self.base.walk(own..behind, needles, &mut |number| {
            found += usize::from(!self.gone.contains(&number) && near(i64::from(self.base.seqs[number])));
            ControlFlow::Continue(())
        });
        found
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::{One, Reader, Taken};
    use super::*;
    use crate::accounts::query::Filter;

    fn one(seq: i64, text: &str) -> One {
        One::new(seq / 3, seq, text.as_bytes(), None)
    }

    #[test]
    fn both_sides_and_the_one_between_are_all() {
        let mut reader = Reader::default();
        for seq in (0..100).rev() {
            assert_eq!(reader.push(&one(seq, if seq % 2 == 0 { "ab" } else { "b" })), Taken::In);
        }
        let mut names = reader.finish();
        for seq in (0..100).step_by(10) {
            names.remove((seq / 3, seq));
        }
        names.insert(one(40, "ab"));
        names.insert(one(120, "ab"));
        let has = |seq: i64| seq % 2 == 0 && (seq % 10 != 0 || seq == 40) && seq < 100 || seq == 120;
        let needles = Needles::of(&Filter::parse("a").unwrap()).unwrap();
        for key in 0..130 {
            let aside = |newer: bool| {
                names.aside((key / 3, key), newer, &needles, &mut |row| if newer { row > key } else { row < key })
            };
            let wanted = |meant: &dyn Fn(i64) -> bool| (0..130).filter(|seq| has(*seq) && meant(*seq)).count();
            assert_eq!(aside(true), wanted(&|seq| seq > key), "newer than {key}");
            assert_eq!(aside(false), wanted(&|seq| seq < key), "older than {key}");
        }
    }

    #[test]
    fn among_nobody_there_is_nobody() {
        let names = Reader::default().finish();
        let needles = Needles::of(&Filter::parse("a").unwrap()).unwrap();
        assert_eq!(names.aside((1, 1), true, &needles, &mut |_| true), 0);
        assert_eq!(names.aside((1, 1), false, &needles, &mut |_| true), 0);
    }
}
