#!/usr/bin/env bash
# What a newcomer does wrong, and what is then read on the terminal: one clear sentence each with what to do, compared
# exactly, and the exit status: 1 a finding, 2 usage or configuration, 3 environment.
. "$(dirname "$0")/site.sh"
top=$PWD
case $build in /*) ;; *) build=$top/$build ;; esac

# A small installation without a mistake, in a folder of its own; dunhub is started in it.
begin() {
    rm -rf "${site:?}"/* && mkdir -p "$site/conf" "$site/inbox"
    cat >"$site/conf/site.yaml" <<YAML
hub: {store: ../store/hub.db, run_dir: ../run, templates: $top/conf.d/templates}
organisation: {name: Site, zone: UTC, default_policy: ladder}
settings:
  minimum: {USD: "10.00"}
  max_grace_days: 14
channels: {email: {via: [drop]}}
policies:
  ladder:
    stages:
      - {name: first, template: friendly, from: 1, to: 29, wait: 7}
      - {name: second, template: urgent, from: 30, wait: 7}
graphs:
  long:
    steps:
      one: {on_enter: [{verb: message.email, template: friendly}]}
      two: {final: true}
    moves:
      - {from: one, to: two, when: "age > 10", wait_days: 5}
instances:
  rents:
    plugin: csv_ledger
    options:
      path: ../rents.csv
      currency: USD
      date_format: "%d/%m/%Y"
      thousands_sign: ","
      columns: {account: account, invoice: invoice, amount: amount, issued_on: issued, due_on: due}
  drop:
    plugin: file_drop
    options: {folder: ../inbox}
YAML
    ledger "C-1,I-1,100.00,$(date -u -d '60 days ago' +%d/%m/%Y),$(date -u -d '40 days ago' +%d/%m/%Y)"
}
ledger() { printf 'account,invoice,amount,issued,due\n%s\n' "$1" >"$site/rents.csv"; }
change() { sed -i "$1" "$site/conf/site.yaml"; }

# What was said goes to $site/said with what differs from run to run made the same.
in_site() { # command…
    (cd "$site" && timeout -s KILL 100 "$build/dunhub" "$@") >"$site/raw" 2>&1
    local status=$?
    sed -E "s|$site|SITE|g; s/^[0-9T:.-]+Z (info|warn) +//; s/by process [0-9]+/by process PID/; s/up to [0-9]+;/up to N;/; s/is at [0-9T:.-]+Z/is at TIME/; s/conf [(][0-9a-f]+[)]/conf (HASH)/" \
        "$site/raw" >"$site/said"
    return $status
}
judge() { # name status wanted-status
    if [ "$2" -eq "$3" ] && diff "$site/wanted" "$site/said" >"$site/diff"; then
        ok "$1"
    else
        echo "not ok $1: exit status $2, wanted $3"
        sed 's/^/# /' "$site/diff"
    fi
}
# name, exit status, command and arguments; standard input: what is to be read.
says() {
    local name=$1 want=$2 command=$3
    shift 3
    cat >"$site/wanted"
    in_site "$command" --conf conf --plugins "$build/plugins" "$@"
    judge "$name" $? "$want"
}

# ---- configuration ------------------------------------------------------------------------------------------------------
begin
says "no mistake" 0 check <<<"conf: good: 2 policies, 0 routes, 2 instances"

change 's/max_grace_days/max_grace_day/'
says "a misspelt key" 2 check <<'T'
conf/site.yaml:5:3: error: unknown key 'max_grace_day', did you mean 'max_grace_days'? [C031]
dunhub check: 1 error
T
says "the same, met by another command" 2 accounts <<'T'
conf/site.yaml:5:3: error: unknown key 'max_grace_day', did you mean 'max_grace_days'? [C031]
dunhub accounts: 1 error in the configuration; nothing was done
T

begin
change 's/max_grace_days: 14/max_grace_days: two weeks/'
says "a wrong type" 2 check <<'T'
conf/site.yaml:5:19: error: 'max_grace_days' must be a whole number, not 'two weeks' [C032]
dunhub check: 1 error
T

begin
change 's/      two: {final: true}/&\n      three: {final: true}/'
says "an unreachable step" 2 check <<'T'
conf/site.yaml:17:7: error: step 'three' is never reached from 'one'; add a move to it, or remove it [C050]
dunhub check: 1 error
T

begin
change 's/plugin: csv_ledger/plugin: csv_leger/'
says "an unknown plugin" 2 check <<'T'
conf/site.yaml:21:13: error: unknown plugin 'csv_leger', did you mean 'csv_ledger'? [C070]
dunhub check: 1 error
T

begin
change 's/verb: message.email/verb: messsage.email/'
says "an unknown verb" 2 check <<'T'
conf/site.yaml:15:31: error: unknown verb 'messsage.email', did you mean 'message.email'? [C056]
dunhub check: 1 error
T

begin
change 's/template: friendly, from/template: freindly, from/'
says "an unknown template" 2 check <<'T'
conf/site.yaml:10:9: error: policy 'ladder' uses the unknown template 'freindly', did you mean 'friendly'? [C300]
dunhub check: 1 error
T

begin
change 's/      two: {final: true}/      two: {}/; s/, wait_days: 5}/}\n      - {from: two, to: one, when: "age > 1"}/'
says "a cycle without a wait" 2 check <<'T'
conf/site.yaml:19:9: error: nothing waits on the way one -> two -> one; give one of its moves 'wait_days' [C052]
dunhub check: 1 error
T

begin
echo '  hook: {plugin: webhook_out, options: {url: "http://localhost:9/", secrets: [hunter2]}}' >>"$site/conf/site.yaml"
says "a literal secret" 2 check <<'T'
conf/site.yaml:31:79: error: 'secrets' is a secret: refer to it as ${file:/path}, ${credential:name} or ${env:NAME}, do not write it here [C035]
dunhub check: 1 error
T
# shellcheck disable=SC2016
change 's/hunter2/"${file:..\/secret}"/'
says "a secret's file that is missing" 3 call hook hook.send <<'T'
dunhub call: instance 'hook', option 'secrets': the secret file SITE/secret cannot be read: No such file or directory; check the path and its permissions
T

begin
echo '  bad: [1, 2' >>"$site/conf/site.yaml"
says "not YAML" 2 check <<'T'
conf/site.yaml:32:1: error: not valid YAML: did not find expected ',' or ']' while parsing a flow sequence that begins at 31:8 [C003]
dunhub check: 1 error
T

begin
rm -r "$site/conf"
says "no folder of the configuration" 2 run <<'T'
conf: error: the folder cannot be read: No such file or directory; make it, or name another with --conf [C001]
dunhub run: 1 error in the configuration; nothing was done
T
mkdir "$site/conf"
says "an empty one" 2 run <<'T'
conf: error: holds no file that ends in .yaml [C012]
dunhub run: 1 error in the configuration; nothing was done
T

begin
says "no folder of the plugins" 3 check --plugins /nowhere <<'T'
dunhub check: there is no plugin folder /nowhere; name one with --plugins, or run 'make'
T

# ---- ledgers ---------------------------------------------------------------------------------------------------------------
begin
rm "$site/rents.csv"
says "no ledger" 1 run --until-idle <<'T'
run: 2 instances, store SITE/store/hub.db, configuration conf (HASH)
run: poll_failed: rents could not be read: opening the ledger SITE/rents.csv failed: No such file or directory; make it, or correct the path in the instance's options
run: nothing more to do now: 0 decisions, 0 acts sent; the next look is at TIME
T
says "no ledger, asked for by check" 1 check --live <<'T'
conf: good: 2 policies, 0 routes, 2 instances
rents: retry: opening the ledger SITE/rents.csv failed: No such file or directory; make it, or correct the path in the instance's options
drop: ok
T
says "no ledger to replay" 3 simulate --from 2026-09-01 --to 2026-09-03 <<'T'
dunhub simulate: rents could not be read: opening the ledger SITE/rents.csv failed: No such file or directory; make it, or correct the path in the instance's options
T

begin
sed -i '1s/amount/amnt/' "$site/rents.csv"
says "a missing column" 1 check --live <<'T'
conf: good: 2 policies, 0 routes, 2 instances
rents: permanent: SITE/rents.csv:1: there is no column 'amount' (columns: amount), did you mean 'account'?; the file has: account, invoice, amnt, issued, due
drop: ok
T

begin
ledger 'C-1,I-1,"12,34.5",01/09/2026,10/09/2026'
says "an amount that is none" 1 poll rents <<'T'
{"finding":{"place":"SITE/rents.csv:2","text":"column 'amount' is '12,34.5': the thousands sign does not group by three digits (decimal sign '.', thousands sign ',')"}}
{"events":0,"findings":1,"ok":true,"outcome":"ok"}
T
ledger 'C-1,I-1,100.00,01/09/2026,31/02/2026'
says "a day that is none" 1 poll rents <<'T'
{"finding":{"place":"SITE/rents.csv:2","text":"column 'due' is '31/02/2026': there is no such day"}}
{"events":0,"findings":1,"ok":true,"outcome":"ok"}
T
ledger 'C-1,I-1,100.00,2026-09-01,2026-09-10'
says "a date in another form" 1 poll rents <<'T'
{"finding":{"place":"SITE/rents.csv:2","text":"column 'issued' is '2026-09-01': it does not have the form of the date format: %d/%m/%Y"}}
{"events":0,"findings":1,"ok":true,"outcome":"ok"}
T

# ---- the store ---------------------------------------------------------------------------------------------------------------
begin
says "no store yet" 3 accounts <<'T'
dunhub accounts: there is no store SITE/store/hub.db yet; 'dunhub run' makes it at its first start
T
says "no store to write into" 3 assign C-1 maria <<'T'
dunhub assign: there is no store SITE/store/hub.db yet; 'dunhub run' makes it at its first start
T
says "no hub" 1 status <<'T'
no hub runs on SITE/store/hub.db; 'dunhub run' starts one
there is no store yet
T

mkdir "$site/store"
echo "hello, this is no database, but a file that someone kept here" >"$site/store/hub.db"
says "not a database" 3 run --until-idle <<'T'
dunhub run: cannot open SITE/store/hub.db: it is not a dunhub store; name another file (file is not a database)
T

begin
: >"$site/store"
says "a file where the store's folder belongs" 3 run --until-idle <<'T'
dunhub run: cannot open SITE/store/hub.db: Not a directory; a file is in the way of the folder SITE/store
T

begin
change "s#run_dir: ../run#run_dir: ../$(printf 'a%.0s' $(seq 120))#"
in_site run --conf conf --plugins "$build/plugins" --until-idle
status=$?
sed -i -E 's/a{120}/LONG/' "$site/said"
echo "dunhub run: the name of the folder SITE/LONG is too long for a socket; set run_dir to a shorter one" >"$site/wanted"
judge "a folder whose name is too long for a socket" $status 3

# A folder that may not be written and a full disk are made of a file system of their own, where that is allowed.
on_disk() { # name, mount options, exit status; standard input: what is to be read
    cat >"$site/wanted"
    mkdir -p "$site/store"
    if ! unshare -rm mount -t tmpfs -o "$2" none "$site/store" 2>/dev/null; then
        echo "ok $1 # SKIP no file system may be mounted here"
        return
    fi
    # shellcheck disable=SC2016
    (cd "$site" && timeout -s KILL 100 unshare -rm sh -c 'mount -t tmpfs -o "$0" none store && exec "$@"' "$2" \
        "$build/dunhub" run --conf conf --plugins "$build/plugins" --until-idle --release) >"$site/raw" 2>&1
    local status=$?
    sed "s|$site|SITE|g" "$site/raw" >"$site/said"
    judge "$1" $status "$3"
}
begin
on_disk "a folder that may not be written" ro,size=1m 3 <<'T'
dunhub run: cannot open SITE/store/hub.db: Read-only file system; make it writable for this user: SITE/store
T
on_disk "a full disk" size=64k 3 <<'T'
dunhub run: cannot make the tables of SITE/store/hub.db: the disk is full; free some space, what was acknowledged is kept (database or disk is full)
T
begin
limited() (ulimit -f 60 && in_site run --conf conf --plugins "$build/plugins" --until-idle)
limited
status=$?
echo "dunhub run: cannot make the tables of SITE/store/hub.db: the disk or its file system reported an error; the system's log and its limits may tell why (disk I/O error)" \
    >"$site/wanted"
judge "a limit on the size of files" $status 3

begin
in_site run --conf conf --plugins "$build/plugins" --until-idle --release
printf '\0\0\0\143' | dd of="$site/store/hub.db" bs=1 seek=60 conv=notrunc status=none
says "a store of a newer version" 3 accounts <<'T'
dunhub accounts: SITE/store/hub.db has schema version 99, this dunhub knows versions up to N; use the newer dunhub that wrote it
T

# ---- people ------------------------------------------------------------------------------------------------------------------
begin
in_site run --conf conf --plugins "$build/plugins" --until-idle --release
says "an unknown account" 1 show C-11 <<<"dunhub show: there is no account 'C-11', did you mean 'C-1'?"
says "an unknown account to write to" 1 assign C-11 maria <<<"dunhub assign: there is no account 'C-11', did you mean 'C-1'?"
says "an account with nothing like it" 1 show Miller <<<"dunhub show: there is no account 'Miller'; 'dunhub accounts' lists them"
says "an unknown step" 1 move C-1 secnd <<<"dunhub move: refused (unknown_step): policy ladder has no step 'secnd'; it has first, second"
says "a date in words" 2 grace C-1 tomorrow <<<"dunhub grace: date \"tomorrow\": expected year-month-day such as 2026-07-01; write it like that"
latest=$(date -u -d '14 days' +%F)
in_site grace --conf conf --plugins "$build/plugins" C-1 "$(date -u -d '30 days' +%F)"
status=$?
echo "dunhub grace: refused (grace_too_long): 30 days of grace are asked for and 14 are left in this cycle; the latest date is $latest" \
    >"$site/wanted"
judge "more grace than is left" $status 1
says "a hold of no kind" 2 hold set C-1 pauze <<<"dunhub hold: there is no hold 'pauze', did you mean 'pause'?"
says "a pause of what cannot be paused" 1 hold set C-1 pause --blocks mails <<'T'
dunhub hold: refused (unknown_block): a pause cannot block 'mails'; it can block entry, messages, suspension, collections and fees
T
says "a hold of an unknown invoice" 1 hold set C-1 pause --invoice I-7 <<'T'
dunhub hold: refused (unknown_invoice): the account has no invoice 'I-7'; `dunhub show` lists them
T
says "an approval of one's own request" 1 approve C-1 legal --requested-by maria --by maria <<'T'
dunhub approve: refused (self_approval): person:maria asked for it: someone else has to approve
T
says "an approval that nobody asked for" 2 approve C-1 legal <<'T'
dunhub approve: say who asked for it with --requested-by: one person asks, another approves
T
says "an unknown instance" 1 call dorp chat.post <<<"dunhub call: there is no instance 'dorp', did you mean 'drop'?"
says "a verb that is not offered" 1 call drop chat.pots <<<"dunhub call: instance 'drop' does not offer 'chat.pots', did you mean 'chat.post'?"
says "an unknown key" 1 retry C-1/c1/1/first <<'T'
dunhub retry: no act that waits or died has the key 'C-1/c1/1/first'; 'dunhub dead' and 'dunhub outbox' list them
T
says "no file of input" 3 call drop chat.post --input in.json <<<"dunhub call: there is no file in.json"
says "too few words" 2 move C-1 <<<"dunhub move: too few arguments; usage: dunhub move ACCOUNT STEP"
says "an option without its value" 2 grace C-1 2026-12-01 --reason <<<"dunhub grace: --reason needs a value: TEXT"
says "an unknown option" 2 accounts --deliquent <<<"dunhub accounts: unknown option --deliquent, did you mean --delinquent?"
in_site acounts
status=$?
echo "dunhub: there is no command 'acounts', did you mean 'accounts'?" >"$site/wanted"
judge "an unknown command" $status 2

# ---- a hub, dead or alive ---------------------------------------------------------------------------------------------------
mkdir -p "$site/run"
(cd "$site" && exec "$build/dunhub" run --conf conf --plugins "$build/plugins" >"$site/run.log" 2>&1) &
hub=$!
started="$started $hub"
for _ in $(seq 1 100); do [ -S "$site/run/control" ] && break; sleep 0.1; done
says "a second hub" 3 run --run-dir ../other <<'T'
dunhub run: SITE/store/hub.db is in use by process PID; try again when it is done, or stop it
T
says "a store that another process writes" 3 assign C-1 maria --run-dir ../other <<'T'
dunhub assign: SITE/store/hub.db is in use by process PID; try again when it is done, or stop it
T
disown "$hub" # bash would tell of its end
kill -9 "$hub"
wait "$hub" 2>/dev/null
for pid in $(hosts_here); do kill -9 "$pid" 2>/dev/null; done
expect "a killed hub leaves its socket" test -S "$site/run/control"
says "the command then does it by itself" 0 assign C-1 maria <<<"C-1 is assigned to maria"
