#!/usr/bin/env bash
# dunhub run, as a person uses it: a ledger in, mails out, asked and told through the control socket, ended by a signal.
. "$(dirname "$0")/site.sh"
configure
due=$(date -u -d '10 days ago' +%F) issued=$(date -u -d '40 days ago' +%F)
cat >"$site/rents.csv" <<CSV
account,name,email,invoice,amount,issued,due,settled
C-1,Ada,ada@example.test,I-1,100.00,$issued,$due,
C-2,Ben,ben@example.test,I-2,50.00,$issued,$due,$due
C-3,Cleo,cleo@example.test,I-3,75.50,$issued,$due,
CSV

dunhub run --until-idle >"$site/first.log" 2>&1
same "a first import ends well" 0 $?
same "and sends nothing before its plan was seen" 0 "$(mails)"
expect "it says how the plan is released" grep -q "says: dunhub approve --source rents$" "$site/first.log"

start_hub
for _ in $(seq 1 100); do [ -S "$site/run/control" ] && break; sleep 0.1; done
same "the control socket is the user's alone" 600 "$(stat -c %a "$site/run/control" 2>/dev/null)"
expect "the plan is released through it" dunhub approve --source rents
for _ in $(seq 1 100); do [ "$(mails)" -ge 2 ] && break; sleep 0.1; done
same "those who owe get one mail each" 2 "$(mails)"
expect "a second hub is refused" bash -c "! '$build/dunhub' run --conf '$site/conf' --plugins '$build/plugins' --until-idle"
expect "a command asks the running hub" dunhub assign C-1 maria
expect "an unknown account is refused" bash -c "! '$build/dunhub' assign --conf '$site/conf' --plugins '$build/plugins' C-99 maria"
sed -i "s/I-3,75.50,$issued,$due,/I-3,75.50,$issued,$due,$due/" "$site/rents.csv"
expect "the ledger is read when asked" dunhub poll --keep rents
kill -HUP "$hub"
sleep 0.5
expect "it goes on after a reload" kill -0 "$hub"
kill -TERM "$hub"
wait "$hub"
same "a signal ends it well" 0 $?
same "no host is left" "" "$(hosts_here)"
same "nor its socket" "" "$(ls "$site/run" | grep control)"

dunhub run --until-idle >"$site/second.log" 2>&1
same "a second run ends well" 0 $?
same "and repeats nothing" 2 "$(mails)"
expect "a command without a hub takes the store" dunhub assign C-2 maria
expect "the proof is whole" dunhub audit verify
