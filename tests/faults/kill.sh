#!/usr/bin/env bash
# kill -9 of the hub and of its hosts, again and again, while a portfolio is delivered: afterwards every account has its one
# mail, the proof is whole, and no process is left.
. "$(dirname "$0")/../integration/site.sh"
accounts=${KILL_ACCOUNTS:-1000}
rounds=${KILL_ROUNDS:-14}
seed=${KILL_SEED:-$((SECONDS + $$))}
RANDOM=$seed
echo "# seed $seed"

configure
due=$(date -u -d '10 days ago' +%F) issued=$(date -u -d '40 days ago' +%F)
{
    echo "account,name,email,invoice,amount,issued,due,settled"
    for i in $(seq 1 "$accounts"); do echo "C-$i,Person $i,p$i@example.test,I-$i,100.00,$issued,$due,"; done
} >"$site/rents.csv"

killed_under_way=0
for round in $(seq 1 "$rounds"); do
    start_hub --release
    sleep "0.$((RANDOM % 800 + 100))"
    if [ $((round % 3)) -eq 0 ]; then
        host=$(pgrep -P "$hub" dunhub-host | head -n $((RANDOM % 2 + 1)) | tail -n 1)
        [ -z "$host" ] || kill -9 "$host" 2>/dev/null
        sleep "0.$((RANDOM % 200 + 50))"
    fi
    n=$(mails)
    [ "$n" -eq 0 ] || [ "$n" -eq "$accounts" ] || killed_under_way=$((killed_under_way + 1))
    kill -9 "$hub" 2>/dev/null
    wait "$hub" 2>/dev/null
done
echo "# $(mails) of $accounts mails after $rounds kills, $killed_under_way of them under way"

# What is uncertain backs off for some seconds before it goes again.
for _ in $(seq 1 60); do
    dunhub run --release --until-idle >>"$site/run.log" 2>&1
    status=$?
    [ "$status" -eq 0 ] && [ "$(mails)" -ge "$accounts" ] && break
    sleep 1
done
sleep 3
dunhub run --release --until-idle >>"$site/run.log" 2>&1
same "the last run ends well" 0 $?
same "every account has its mail" "$accounts" "$(find "$site/inbox" -name '*.eml' -printf '%f\n' | sed 's/-first-.*//' | sort -u | wc -l)"
same "none has two" "$accounts" "$(mails)"
same "no half-written file is left" "" "$(find "$site/inbox" -type f ! -path '*/.keys/*' ! -name '*.eml' -printf '%f ')"
expect "the proof is whole" dunhub audit verify
same "no host is left" "" "$(hosts_here)"
if [ "$killed_under_way" -gt 0 ]; then ok "some kills came while mails were under way"; else not_ok "some kills came while mails were under way" "$site/run.log"; fi
