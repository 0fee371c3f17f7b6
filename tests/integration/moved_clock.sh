#!/usr/bin/env bash
# The same ledger through `dunhub simulate` and through `dunhub run` on a moved clock, with real hosts and a real inbox,
# gives the same decisions on the same days.
. "$(dirname "$0")/site.sh"
configure
RANDOM=3
{
    echo "account,name,email,invoice,amount,issued,due,settled"
    for i in $(seq 1 60); do # RANDOM is drawn outside of $(…), which would begin a series of its own
        in=$((RANDOM % 50)) late=$((RANDOM % 45 - 5)) unpaid=$((RANDOM % 4)) amount=$((RANDOM % 900 + 50))
        issued=$(date -u -d "2026-01-05 + $in days" +%F)
        due=$(date -u -d "$issued + 14 days" +%F) settled=
        [ $unpaid -eq 0 ] || settled=$(date -u -d "$due + $late days" +%F)
        account=$((i % 20 + 1))
        echo "C-$account,Person $account,p$account@example.test,I-$i,$amount.00,$issued,$due,$settled"
    done
} >"$site/rents.csv"

told='entered|left|step_entered|step_skipped|notice_released|notice_suppressed'
member() { echo "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
decisions() { # file, member of the day, member of what was decided
    grep -E "\"$3\":\"($told)\"" "$1" >"$site/told.json"
    paste -d' ' <(sed -n "$(member "$2")" "$site/told.json" | cut -c1-10) <(sed -n "$(member account)" "$site/told.json") \
        <(sed -n "$(member "$3")" "$site/told.json") <(sed -n "$(member text)" "$site/told.json") | sort
}

dunhub simulate --from 2026-01-01 --to 2026-04-15 --json >"$site/simulated.json" 2>"$site/simulate.log"
same "simulate ends well" 0 $?
dunhub run --as-of 2026-01-01 --to 2026-04-15 --release >"$site/run.log" 2>&1
same "so does run on a moved clock" 0 $?
for account in $(seq 1 20); do dunhub audit show "C-$account" --json; done >"$site/audit.json" 2>"$site/audit.log"
decisions "$site/simulated.json" date decision >"$site/simulated.txt"
decisions "$site/audit.json" at event >"$site/ran.txt"
diff "$site/simulated.txt" "$site/ran.txt" >"$site/diff.txt"
if [ -s "$site/diff.txt" ]; then not_ok "both decided the same" "$site/diff.txt"; else ok "both decided the same"; fi
n=$(grep -c notice_released "$site/ran.txt")
same "a mail was written for each notice" "$n" "$(mails)"
if [ "$n" -gt 20 ]; then ok "there were $n of them"; else not_ok "there were only $n of them" "$site/run.log"; fi
