"""Processor time of platypush's user functions over SQLite, for the table in docs/performance.md.

python -m venv v && v/bin/pip install platypush==1.3.39
v/bin/python benches/peers/ask_platypush.py 100000
"""

import hashlib
import os
import sqlite3
import sys
import tempfile

from common import measure, name, people

from platypush.config import Config

count = people(sys.argv)
folder = tempfile.mkdtemp()
settings = os.path.join(folder, "config.yaml")
with open(settings, "w") as file:
    file.write("workdir: %s\nmain.db:\n  engine: sqlite:///%s/main.db\n" % (folder, folder))
Config.init(settings)

from platypush.user import UserManager  # noqa: E402, which needs the settings

users = UserManager()
ROUNDS = 100_000
salt = b"s" * 16
digest = hashlib.pbkdf2_hmac("sha256", b"secret", salt, ROUNDS).hex()
BEGAN, ENDS = "2026-01-01 00:00:00.000000", "2099-01-01 00:00:00.000000"
with sqlite3.connect(users.db.get_engine().url.database) as file:
    file.executemany(
        "INSERT INTO user (user_id, username, password, password_salt, hmac_iterations, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        ((n + 1, name(n), digest, salt.hex(), ROUNDS, BEGAN) for n in range(count)),
    )
    file.executemany(
        "INSERT INTO user_session (session_token, csrf_token, user_id, created_at, expires_at) VALUES (?, ?, ?, ?, ?)",
        (("%064x" % n, "%064x" % n, n + 1, BEGAN, ENDS) for n in range(0, count, 5)),
    )


def holder(turn):
    """Somebody from the middle who has a session."""
    return (count // 2 + 7919 * turn) % count // 5 * 5


measure("check of a session", lambda n: users.authenticate_user_session("%064x" % holder(n)), 100)
measure("log-in", lambda n: users.create_user_session(name(holder(n)), "secret", with_status=True), 10)
measure("list of all", lambda n: users.get_users(), 3)
