#!/usr/bin/env bash
# A plugin that crashes or hangs costs its own calls and a restart of its own host; the instance beside it notices nothing.
. "$(dirname "$0")/site.sh"
configure
mkdir "$site/plugins"
cp "$build"/plugins/*.so "$build/tests/plugins/unruly.so" "$site/plugins/"
cat >"$site/conf/20-unruly.yaml" <<YAML
actions:
  crash: {verb: test.crash, via: crashing}
  hang: {verb: test.hang, via: hanging}
  echo: {verb: test.echo, via: crashing}
routes:
  - {event: case.opened, when: 'overdue > money("200.00 USD")', do: [crash, hang, echo]}
YAML
cat >>"$site/conf/10-site.yaml" <<YAML
  crashing: {plugin: unruly}
  hanging: {plugin: unruly}
YAML
due=$(date -u -d '10 days ago' +%F) issued=$(date -u -d '40 days ago' +%F)
{
    echo "account,name,email,invoice,amount,issued,due,settled"
    for i in $(seq 1 6); do echo "C-$i,Person $i,p$i@example.test,I-$i,100.00,$issued,$due,"; done
    for i in $(seq 7 12); do echo "C-$i,Person $i,p$i@example.test,I-$i,300.00,$issued,$due,"; done
} >"$site/rents.csv"

here() { # command options and arguments…
    local command=$1
    shift
    timeout 60 "$build/dunhub" "$command" --conf "$site/conf" --plugins "$site/plugins" "$@"
}
of() { # member instance: of the bus's line in the status
    here status --json 2>/dev/null | sed 's/{/\n{/g' | grep "\"instance\":\"$2\"" | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"
}
held() { here dead --json | grep -c "\"verb\":\"$1\""; }
until_true() { # tries of 0.1 s, command…
    local tries=$1
    shift
    for _ in $(seq 1 "$tries"); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done
}

"$build/dunhub" run --conf "$site/conf" --plugins "$site/plugins" --release >"$site/run.log" 2>&1 &
hub=$!
started="$started $hub"
enough_mails() { [ "$(mails)" -ge "$1" ]; }
unharmed() { find "$site/inbox" -name '*C-[1-6]-first*.eml' | wc -l; }
enough_unharmed() { [ "$(unharmed)" -ge 6 ]; }
until_true 300 enough_unharmed
hung=$(held test.hang)
same "the mails of accounts that have nothing to do with it are written" 6 "$(unharmed)"
same "while calls hang" 0 "$hung"
drop=$(of pid drop)

all_held() { [ "$(held test.crash)" -ge 6 ] && [ "$(held test.hang)" -ge 6 ]; }
until_true 600 all_held
same "each call of the one that crashed ends uncertain, and waits for a person" 6 "$(held test.crash)"
same "each call of the one that hung as well" 6 "$(held test.hang)"
until_true 300 enough_mails 12
same "then the mails of their accounts are written too" 12 "$(mails)"
enough_echoes() { [ "$(grep -c 'echo is done' "$site/run.log")" -ge 6 ]; }
until_true 300 enough_echoes
same "and the host that was started again does its work" 6 "$(grep -c 'echo is done' "$site/run.log")"
same "the instance beside it was never started again" "0 $drop" "$(of restarts drop) $(of pid drop)"
same "nor was the ledger's" 0 "$(of restarts rents)"
for instance in crashing hanging; do
    if [ "$(of restarts $instance)" -ge 1 ]; then ok "$instance was"; else not_ok "$instance was" "$site/run.log"; fi
done
here dead >"$site/dead.txt"
expect "it is said what became of a call" grep -q \
    "test.crash of 'crashing' was not answered: its host ended with signal 9 (Killed); it may have been done" "$site/dead.txt"
key=$(here dead rents:C-7 --json | sed -n 's/.*"key":"\([^"]*crash\)".*/\1/p')
expect "a person closes it" here retry "$key" --close --reason "looked it up: not done"
same "and it is gone from the list" 5 "$(held test.crash)"
kill -TERM "$hub"
wait "$hub"
same "the hub ends well" 0 $?
same "no host is left" "" "$(hosts_here)"
expect "the proof is whole" here audit verify
