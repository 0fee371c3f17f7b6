#!/usr/bin/env bash
# The commands as a person and a script use them, after sixty days of a small site: without a hub, and with one running.
# shellcheck disable=SC2154  # build, site and hub come from site.sh
. "$(dirname "$0")/site.sh"
configure
cat >>"$site/conf/10-site.yaml" <<'YAML'
graphs:
  formal:
    notices: [overdue]
    steps:
      reminder: {on_enter: [{verb: message.email, template: friendly}]}
      court: {final: true}
    moves:
      - {from: reminder, to: court, when: 'age > 30 and approved("legal") and approved("board")', wait_days: 5}
YAML
day() { date -u -d "$1 days ago" +%F; }
{
    echo "account,name,email,invoice,amount,issued,due,settled"
    echo "C-1,Zoë Šimić,zoe@example.test,I-1,1250.00,$(day 80),$(day 50),"
    echo "C-2,山田 太郎,taro@example.test,I-2,50.00,$(day 80),$(day 45),"
    echo "C-3,Jürgen Müller,jm@example.test,I-3,75.50,$(day 80),$(day 40),$(day 20)"
    echo "C-4,Paid In Time,paid@example.test,I-4,10.00,$(day 80),$(day 40),$(day 41)"
} >"$site/rents.csv"
expect "sixty days on a moved clock" dunhub run --release --as-of "$(day 60)" --to "$(day 1)"

# Every line of standard input is one JSON object.
json_lines() {
    python3 -c 'import json,sys
lines = sys.stdin.read().splitlines()
assert lines and all(isinstance(json.loads(line), dict) for line in lines), lines'
}
gives_json() { # command and arguments…
    dunhub "$@" --json >"$site/json" 2>"$site/errors"
    json_lines <"$site/json" && ! [ -s "$site/errors" ]
}
all_give_json() { # suffix of the names
    local line
    while read -r line; do
        # shellcheck disable=SC2086
        expect "JSON from $line$1" gives_json $line
    done <<'T'
accounts
accounts --delinquent
show C-1
explain C-1
audit verify
audit show C-1
check
check --live
graph
graph formal
assign C-1 maria
T
}
answers() { # name status pattern command…
    local name=$1 want=$2 pattern=$3
    shift 3
    dunhub "$@" >"$site/answer" 2>&1
    local status=$?
    if [ $status -eq "$want" ] && grep -q -- "$pattern" "$site/answer"; then ok "$name"; else not_ok "$name (exit status $status)" "$site/answer"; fi
}

# ---- without a hub --------------------------------------------------------------------------------------------------------
answers "status says that no hub runs" 1 "no hub runs" status
all_give_json ""
same "accounts lists all" 4 "$(dunhub accounts --json | wc -l)"
same "or those who are delinquent" 2 "$(dunhub accounts --delinquent --json | wc -l)"
same "columns stand below each other" 1 "$(dunhub accounts | python3 -c '
import sys, unicodedata
def cells(text): return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
lines = sys.stdin.read().splitlines()
print(len({cells(line[:line.index(word)]) for line, word in zip(lines, ["status", "delinquent", "delinquent", "current", "current"])}))')"
same "what is piped has no colours" 0 "$(dunhub accounts | grep -c $'\033')"
answers "show has the notices" 0 "second  *[0-9-]* *accepted" show C-1
answers "and what is paid" 0 "I-3 .*USD 75.50  *USD 0.00 .*paid" show C-3
same "show keeps the salt to itself" 0 "$(dunhub show C-1 --json | grep -c '"salt"')"
answers "explain says what comes next" 0 "A settled payment of" explain C-1
answers "audit show has every decision" 0 "step_entered" audit show C-1
answers "move" 0 "moved to first" move C-2 first --reason "agreed by phone" --by maria
answers "assign" 0 "assigned to maria" assign C-2 maria
answers "assign to nobody" 0 "assigned to nobody" assign C-2 --none
answers "grace" 0 "may become delinquent from" grace C-2 "$(date -u -d '5 days' +%F)"
answers "flag" 0 "delinquent by hand" flag C-4 --reason "two bounced cheques"
answers "flag, twice" 1 "already_delinquent" flag C-4
answers "hold set" 0 "hold pause set" hold set C-1 pause --blocks "messages, fees" --until "$(date -u -d '5 days' +%F)"
answers "and shown" 0 "pause" show C-1
answers "hold end" 0 "hold pause ended" hold end C-1 pause
answers "hold end, twice" 1 "no_such_hold" hold end C-1 pause
answers "a person does not approve what he asked for" 1 "self_approval" approve C-1 legal --requested-by maria --by maria
answers "another does" 0 "legal approved" approve C-1 legal --requested-by maria --by jonas
answers "an approval that a condition names" 0 "board approved" approve C-1 board --by jonas
answers "an approval is asked for" 0 "request is recorded" request C-2 legal --evidence "file 7" --by maria
answers "and stands in the worklist" 0 "waited .*request:request1" worklist --account C-2 --kind approval
answers "an item tells what to do" 0 '"do":"someone other than person:maria' worklist --account C-2 --kind approval --json
answers "who asked does not approve" 1 "self_approval" approve C-2 legal --by maria
answers "nobody else withdraws it" 1 "not_requester" withdraw C-2 legal --by jonas
answers "another one approves, and need not say who asked" 0 "legal approved" approve C-2 legal --by jonas
same "then it waits no more" "" "$(dunhub worklist --account C-2 --reason legal --json)"
answers "one item is given to a person" 0 "assigned to jonas" assign C-2 jonas --item request:request1
answers "a word that is no kind" 2 "did you mean 'approval'" worklist --kind aproval
answers "a promise" 0 "promise is recorded" promise C-4 "5.00 USD" "$(date -u -d '5 days' +%F)"
answers "a reply that is not there" 1 "unknown_reply" reply C-4 reply9 --class nothing
answers "a class that is not there" 2 "did you mean 'dispute'" reply C-4 reply9 --class disputes
answers "the figures" 0 "collected in 45 days" metrics --by policy
answers "the figures as CSV" 0 "^group,currency,accounts.*cost_per_recovery" metrics --csv
answers "what recovering costs is told where prices are known" 0 "cost per recovery" metrics
answers "audit names who did it" 0 "person:jonas" audit show C-1 --json
answers "call does an action" 0 '"outcome":"ok"' call drop chat.post
same "poll only looks, as NDJSON" 0 "$(dunhub poll rents >"$site/polled" && json_lines <"$site/polled" && tail -n 1 "$site/polled" | grep -c '"findings":[1-9]')"
answers "poll --keep has the hub look" 0 '"ok":true' poll rents --keep
answers "graph as a picture" 0 "reminder" graph formal --dot
if command -v dot >/dev/null; then expect "that dot can draw" bash -c "'$build/dunhub' graph formal --dot --conf '$site/conf' --plugins '$build/plugins' | dot -Tsvg"; fi
answers "graph as a table" 0 "first  *age 1-29" graph ladder
answers "simulate" 0 "accounts, .* became delinquent" simulate --from "$(day 60)" --to "$(day 30)"
dunhub simulate --from "$(day 60)" --to "$(day 30)" >/dev/null 2>"$site/errors"
same "without a progress bar where none can be seen" "" "$(cat "$site/errors")"
same "nothing waits, so there is no line of JSON" "" "$(dunhub dead --json)"
answers "the proof is whole" 0 "all links hold" audit verify

# ---- with a hub ---------------------------------------------------------------------------------------------------------
start_hub
for _ in $(seq 1 200); do dunhub status >/dev/null 2>&1 && break; sleep 0.1; done
answers "status says that a hub runs" 0 "a hub runs on" status
answers "and what its instances do" 0 "drop  *file_drop  *up" status
expect "JSON from status" gives_json status
all_give_json ", with a hub"
answers "move, with a hub" 0 "moved to first" move C-1 first --by maria
answers "an unknown account, with a hub" 1 "did you mean 'C-1'" assign C-11
answers "a hold, with a hub" 0 "hold help set" hold set C-1 help
answers "call, with a hub" 0 '"outcome":"ok"' call drop chat.post
answers "poll, with a hub" 0 '"ok":true' poll rents
answers "check --live, with a hub" 0 "drop: ok" check --live
answers "a second hub is told who runs" 3 "in use by process $hub" run --until-idle
kill -TERM "$hub"
wait "$hub"
same "it ends well" 0 $?

# ---- the shell, and a terminal ---------------------------------------------------------------------------------------------
completes() { # words of a line… ; the last one is being written
    bash -c 'source <("$0" completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _dunhub; printf "%s " "${COMPREPLY[@]}"' "$build/dunhub" "$@"
}
same "bash completes commands" "accounts agency approve assign audit " "$(completes dunhub a | tr ' ' '\n' | sort | xargs) "
same "and options" "--delinquent " "$(completes dunhub accounts --del)"
on_terminal() { # environment command…
    TERM=xterm timeout 60 script -qec "stty cols 100; $1 '$build/dunhub' $2 --conf '$site/conf' --plugins '$build/plugins'" /dev/null
}
if command -v script >/dev/null; then
    same "colours on a terminal" 1 "$(on_terminal "" accounts | grep -c $'\033\\[1m')"
    same "none if they are not wanted" 0 "$(on_terminal NO_COLOR=1 accounts | grep -c $'\033\\[[0-9]')"
    expect "what a narrow terminal has no room for is named" grep -q "too narrow for: " <(on_terminal "" accounts)
    expect "a bar for long work" grep -q "simulating \[" <(on_terminal "" "simulate --from $(day 60) --to $(day 1)")
fi
