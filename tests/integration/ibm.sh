#!/usr/bin/env bash
# A real ledger of two years, mapped by configuration alone: simulated day by day, the same on every run, in any zone and
# locale; and the same decisions from `dunhub run` on a moved clock.
. "$(dirname "$0")/site.sh"
ledger=../shared/data/ledgers/ibm-accounts-receivable.csv
if [ ! -f "$ledger" ]; then
    echo "ok the IBM ledger # SKIP ../shared/data/ledgers is not there"
    exit 0
fi
if [ -n "${SANITIZE:-}" ]; then
    echo "ok the IBM ledger # SKIP two years take too long under the sanitizers; moved_clock.sh goes the same way with fewer days"
    exit 0
fi
sed -e "s#path: .*#path: $PWD/$ledger#" -e "s#\.\./\.\./\.\./conf\.d#$PWD/conf.d#" -e "s#\.\./\.\./\.\./build/ibm#$site#" \
    tests/cases/ibm/10-ibm.yaml >"$site/conf/10-ibm.yaml"
simulate() { dunhub simulate --from "$1" --to "$2" --json; }

expect "its configuration is good" dunhub check
TZ=UTC LC_ALL=C simulate 2012-01-01 2013-12-31 >"$site/two-years" 2>"$site/two-years.err"
same "two years are simulated" 0 $?
same "and no row is left out" "" "$(cat "$site/two-years.err")"
expect "all 100 customers are there" grep -q '"accounts":100' "$site/two-years"
for notice in first_reminder second_notice final_notice pre_collections; do
    expect "$notice is among the notices" grep -q "\"notices\":{.*\"$notice\":[1-9]" "$site/two-years"
done
# 877 invoices were paid after their due date, 9.68 days on average; one of them after these two years.
expect "days to payment are those of the file" grep -q '"days_to_payment":"9.6[0-9]*"' "$site/two-years"

TZ=Asia/Tokyo LC_ALL=C simulate 2012-01-01 2012-04-30 >"$site/tokyo"
TZ=America/Lima LC_ALL=de_DE.UTF-8 simulate 2012-01-01 2012-04-30 >"$site/lima" 2>/dev/null
expect "the same in any zone and locale" cmp "$site/tokyo" "$site/lima"

dunhub run --release --quiet --as-of 2012-01-01 --to 2012-04-30 >"$site/moved" 2>&1
same "run goes through the days on a moved clock" 0 $?
decisions='entered|left|step_entered|step_skipped|notice_released|notice_suppressed'
dunhub accounts --json | sed 's/.*"account":"\([^"]*\)".*/\1/' | while read -r account; do
    dunhub audit show "$account" --json
done | sed -nE "s/^\{\"account\":\"([^\"]*)\".*\"at\":\"([^T]*)T.*\"event\":\"($decisions)\".*/\2 \1 \3/p" | sort >"$site/run-decisions"
sed -nE "s/^\{\"account\":\"([^\"]*)\".*\"date\":\"([^\"]*)\",\"decision\":\"($decisions)\".*/\2 \1 \3/p" "$site/tokyo" |
    sort >"$site/simulated-decisions"
expect "there are decisions" test -s "$site/run-decisions"
expect "run decides what was simulated" diff "$site/simulated-decisions" "$site/run-decisions"
