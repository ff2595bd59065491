//! A service that logs somebody in and out, two hundred writes a second, while a console looks elsewhere.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rollbook::accounts::hash::Cost;
use rollbook::accounts::query::{Anchor, Order, Query};
use rollbook::accounts::{Accounts, Actor, Ground, Login, Secret};
use rollbook::engines::{self, Access};
use rollbook::host::key::KeyFile;
use rollbook::host::{SystemClock, SystemEntropy};

/// How far the writes are apart.
const APART: Duration = Duration::from_millis(5);

/// The service; it ends when it is dropped.
pub struct Service {
    stop: Arc<AtomicBool>,
    written: Arc<AtomicU32>,
    thread: Option<JoinHandle<()>>,
}

impl Service {
    /// Gives the eldest person a password and begins to log them in and out: nobody who is on the screen.
    pub fn start(db: &Path) -> Service {
        let ground = Ground {
            store: engines::open(db, Access::Full).unwrap(),
            clock: Box::new(SystemClock),
            entropy: Box::new(SystemEntropy),
            cost: Some(Cost { memory: 8, passes: 1 }),
            keys: Box::new(KeyFile::new(db.with_extension("key"))),
        };
        let mut accounts = Accounts::new(ground, Actor::Operator("bench".into()), "");
        let eldest = Query { order: Order::Created, reversed: true, ..Query::default() };
        let page = accounts.users(&eldest, &Anchor::Start, 50).unwrap();
        let able = |user: &&rollbook::accounts::User| {
            !user.factor && user.valid_until.is_none() && user.status == rollbook::accounts::Status::Active
        };
        let user = page.rows.iter().map(|(_, user)| user).find(able).unwrap().clone();
        let password = Secret::from("wanders where the marmots sleep");
        accounts.set_password(&user.id, None, &password).unwrap();
        let (stop, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
        let (stopped, count) = (Arc::clone(&stop), Arc::clone(&written));
        let thread = std::thread::spawn(move || {
            let mut due = Instant::now();
            while !stopped.load(Ordering::Relaxed) {
                let login = Login { name: &user.name, password: Some(&password), ..Login::default() };
                let opened = accounts.log_in(&login).unwrap();
                accounts.log_out(&opened.token).unwrap();
                count.fetch_add(2, Ordering::Relaxed);
                due = (due + 2 * APART).max(Instant::now() - 20 * APART);
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
            }
        });
        Service { stop, written, thread: Some(thread) }
    }

    /// How many writes there were so far.
    pub fn written(&self) -> u32 {
        self.written.load(Ordering::Relaxed)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
