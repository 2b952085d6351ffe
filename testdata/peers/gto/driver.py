"""Does with the real GTO what it is told in lines of JSON, and answers each with one.

    python driver.py REPOSITORY

A line has "do" (a function of gto.api), "with" (its arguments) and "now": GTO takes its time from the clock in whole seconds, so that
events of one second tie; here the clock is told. With a date in the environment GTO's first way to git (pygit2, whose clock is C's) gives way
to its second (dulwich), which asks Python's.
"""

import json
import logging
import os
import sys
import time

import gto.api

logging.disable(logging.CRITICAL)
repository = sys.argv[1]


def show(name):
    state = gto.api.show(repository).get(name)
    versions = [
        {"version": v["version"], "commit": v["commit_hexsha"], "stages": sorted(s["stage"] for s in v["stages"])}
        for v in (gto.api.show(repository, name) if state else [])
    ]
    return {"active": bool(state), "latest": state and state["version"], "versions": versions}


def history(name):
    return [
        {"at": int(e["timestamp"].timestamp()), "event": e["event"], "version": e["version"], "stage": e["stage"], "commit": e["commit"], "tag": e["ref"], "author": e["author"], "message": e["message"]}
        for e in gto.api.history(repository, name, ascending=True)
    ]


own = {"show": show, "history": history}
for line in sys.stdin:
    asked = json.loads(line)
    os.environ["GIT_COMMITTER_DATE"] = f"{asked.get('now', 0)} +0000"
    time.time = lambda now=asked.get("now", 0): now
    try:
        if asked["do"] in own:
            answer = own[asked["do"]](**asked["with"])
        else:
            getattr(gto.api, asked["do"])(repository, **asked["with"])
            answer = None
        print(json.dumps({"answer": answer}), flush=True)
    except Exception as e:  # GTO's refusals are of many classes
        print(json.dumps({"error": f"{type(e).__name__}: {e}"}), flush=True)
