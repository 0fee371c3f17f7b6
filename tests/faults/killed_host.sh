#!/usr/bin/env bash
# A host that dies each time it has come up: it is started again after longer and longer pauses, which can be seen; the hub
# and the other instances go on, and when it stays up everything is delivered, once.
. "$(dirname "$0")/../integration/site.sh"
configure "" && owe 1 5
start_hub --release
expect "the first mails go out" within 20 has_mails 5

row_of_drop() { dunhub status | grep '^drop '; }
is_running() { row_of_drop | grep -q ' up '; }
pid_of_drop() { dunhub status --json | sed 's/.*"instance":"drop",[^}]*"pid":\([0-9]*\).*/\1/'; }
is_backing_off() { row_of_drop | grep -q backing_off; }
owe 6 20
for round in 1 2 3 4 5 6; do
    within 20 is_running || break
    [ "$round" -ne 6 ] || dunhub poll --keep rents >/dev/null 2>&1
    pid=$(pid_of_drop)
    kill -9 "$pid"
    within 5 bash -c "! kill -0 $pid" # until the hub has taken it in
done
expect "the hub lives" kill -0 "$hub"
expect "the back-off can be seen" is_backing_off
grep -o 'drop: .* started again in [0-9]* ms' "$site/run.log" | grep -o '[0-9]* ms' | cut -d' ' -f1 >"$site/pauses"
same "each end is told with its pause" 6 "$(wc -l <"$site/pauses")"
expect "each pause is longer than the one before" sort -n -c "$site/pauses"
expect "the last is more than ten times the first" test "$(tail -n 1 "$site/pauses")" -gt $((10 * $(head -n 1 "$site/pauses")))
dunhub status --json >"$site/status.json"
expect "how often it was started again can be seen" grep -q '"instance":"drop"[^}]*"restarts":6' "$site/status.json"
expect "the ledger's host never ended" grep -q '"instance":"rents"[^}]*"restarts":0' "$site/status.json"
expect "when it stays up everything goes out" within 30 has_mails 20
sleep 1
same "and nothing twice" 20 "$(mails)"
stop_hub
same "it ends well" 0 $?
expect "the proof is whole" dunhub audit verify
same "no host is left" "" "$(hosts_here)"
