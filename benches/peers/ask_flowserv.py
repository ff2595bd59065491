"""Processor time of flowserv-core's user functions over SQLite, for the table in docs/performance.md.

python -m venv v && v/bin/pip install flowserv-core==0.9.4 'sqlalchemy<2' 'pyyaml-include<2' passlib
v/bin/python benches/peers/ask_flowserv.py 100000
"""

import datetime
import os
import sqlite3
import sys
import tempfile
import uuid

from passlib.hash import pbkdf2_sha256

from flowserv.model.auth import DefaultAuthPolicy
from flowserv.model.database import DB
from flowserv.model.user import UserManager

from common import measure, name, people

count = people(sys.argv)
path = os.path.join(tempfile.mkdtemp(), "flowserv.db")
database = DB("sqlite:///" + path).init()
secret = pbkdf2_sha256.hash("secret")
tomorrow = (datetime.datetime.now() + datetime.timedelta(days=1)).isoformat()
with sqlite3.connect(path) as file:
    ids = [uuid.uuid4().hex for _ in range(count)]
    file.executemany(
        "INSERT INTO api_user (user_id, secret, name, active) VALUES (?, ?, ?, 1)",
        ((ids[n], secret, name(n)) for n in range(count)),
    )
    file.executemany(
        "INSERT INTO api_key (user_id, value, expires) VALUES (?, ?, ?)",
        ((ids[n], "%032x" % n, tomorrow) for n in range(0, count, 5)),
    )


def asked(question):
    """A question in a session of its own, as one request has it."""

    def run(turn):
        with database.session() as session:
            question(session, turn)

    return run


def holder(turn):
    """Somebody from the middle who is logged in."""
    return (count // 2 + 7919 * turn) % count // 5 * 5


measure("check of a session", asked(lambda s, n: DefaultAuthPolicy(s).authenticate("%032x" % holder(n))), 200)
measure("log-in", asked(lambda s, n: UserManager(s).login_user(name(holder(n)), "secret")), 10)
measure("list by a prefix of 3", asked(lambda s, n: UserManager(s).list_users(name(holder(n))[:3])), 5)
