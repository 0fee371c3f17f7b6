#!/usr/bin/env bash
# SIGHUP while mails are under way: an instance with other options is replaced, a wrong configuration changes nothing.
. "$(dirname "$0")/../integration/site.sh"
configure "" && owe 1 40
mkdir "$site/other"
start_hub --release
expect "the first mails go out" within 20 has_mails 40
before=$(hosts_here)

cp "$site/conf/10-site.yaml" "$site/good.yaml"
sed -i 's/plugin: csv_ledger/plugin: csv_ledgr/' "$site/conf/10-site.yaml"
kill -HUP "$hub"
expect "a wrong configuration is refused and told" within 10 said "reload_refused:.*did you mean 'csv_ledger'"
same "the hosts are the same" "$before" "$(hosts_here)"
owe 41 60
dunhub poll --keep rents --conf "$site/conf" >"$site/poll.log" 2>&1
cp "$site/good.yaml" "$site/conf/10-site.yaml"
dunhub poll --keep rents >/dev/null 2>&1
expect "it goes on as before" within 20 has_mails 60

sed -i "s|folder: $site/inbox|folder: $site/other|" "$site/conf/10-site.yaml"
owe 61 300
dunhub poll --keep rents >/dev/null 2>&1
kill -HUP "$hub"
expect "a right one is taken while mails are under way" within 10 said 'read again and is in force'
all_mails() { find "$site/inbox" "$site/other" -name '*.eml' | wc -l; }
all_there() { [ "$(all_mails)" -ge 300 ]; }
expect "all mails go out" within 30 all_there
expect "the instance has its new options" test "$(find "$site/other" -name '*.eml' | wc -l)" -gt 0

cat >>"$site/conf/10-site.yaml" <<YAML
  more:
    plugin: csv_ledger
    options:
      path: $site/more.csv
      currency: USD
      columns: {account: account, account_name: name, email: email, invoice: invoice, amount: amount, issued_on: issued, due_on: due}
YAML
sed -n '1p; s/^C-1,\(.*\),I-1,/D-1,\1,J-1,/p' "$site/rents.csv" >"$site/more.csv"
kill -HUP "$hub"
is_held() { dunhub status --json | grep -q '"held":true,"name":"more"'; }
expect "a ledger that is new is read, and held" within 10 is_held
dunhub poll --keep more >/dev/null 2>&1
knows_new() { dunhub accounts | grep -q 'D-1 '; }
expect "its accounts are known" within 10 knows_new
expect "it is released" dunhub approve --source more
all_there() { [ "$(all_mails)" -ge 301 ]; }
expect "and has its mail" within 20 all_there

sleep 1
same "nobody has two" 301 "$(find "$site/inbox" "$site/other" -name '*.eml' -printf '%f\n' | sed 's/-first-.*//' | sort -u | wc -l)"
same "none is there twice" 301 "$(all_mails)"
same "three hosts run, no more" 3 "$(hosts_here | wc -l)"
for host in $(hosts_here); do case " $(echo $before) " in *" $host "*) kept=$((${kept:-0} + 1)) ;; esac; done
same "the instance that did not change kept its host" 1 "${kept:-0}"
stop_hub
same "it ends well" 0 $?
expect "the proof is whole" dunhub audit verify
same "no host is left" "" "$(hosts_here)"
