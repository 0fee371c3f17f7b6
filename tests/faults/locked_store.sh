#!/usr/bin/env bash
# Another process has the store: a second hub's lock, and a program that holds SQLite's own lock, at the start and later.
. "$(dirname "$0")/../integration/site.sh"
configure "" && owe 1 10
mkdir "$site/store"

flock "$site/store/hub.db.lock" sleep 60 &
holder=$!
started="$started $holder"
within 5 test -e "$site/store/hub.db.lock"
sleep 0.2
dunhub run --release --until-idle >"$site/first.log" 2>&1
same "a store that another process writes is refused" 3 $?
expect "and it is said which, and what to do" grep -q "$site/store/hub.db" "$site/first.log"
same "nothing was sent" 0 "$(mails)"
same "no host is left" "" "$(hosts_here)"
pkill -P "$holder"
wait "$holder" 2>/dev/null
dunhub run --release --until-idle >"$site/second.log" 2>&1
same "once it is free all goes well" 0 $?

if ! python3 -c 'import sqlite3' 2>/dev/null; then
    echo "ok a lock of SQLite's own # SKIP no python3 with sqlite3"
    exit 0
fi
hold_database() { # seconds
    python3 - "$site/store/hub.db" "$1" "$site/held" <<'PY' &
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
open(sys.argv[3], "w").close()
time.sleep(float(sys.argv[2]))
PY
    holder=$!
    started="$started $holder"
    within 5 test -e "$site/held"
    rm -f "$site/held"
}
hold_database 60
sed -i 's/wait: 7/wait: 8/' "$site/conf/10-site.yaml" # a new configuration has to be written down
dunhub run --release --until-idle >"$site/third.log" 2>&1
same "a locked database stops the start" 3 $?
expect "and it is said that it is locked" grep -q 'locked' "$site/third.log"
same "no process is left" "" "$(hosts_here)"
kill "$holder"
wait "$holder" 2>/dev/null

start_hub --release
expect "once it is free it starts" within 20 is_up
owe 11 20
hold_database 9
dunhub poll --keep rents >/dev/null 2>&1
expect "locked while it runs: it says so" within 15 said 'store_failed:.*locked'
wait "$holder" 2>/dev/null
dunhub poll --keep rents >/dev/null 2>&1
expect "and goes on by itself" within 20 has_mails 20
stop_hub
same "it ends well" 0 $?
same "everyone has one mail" 20 "$(mails)"
expect "the proof is whole" dunhub audit verify
same "no host is left" "" "$(hosts_here)"
