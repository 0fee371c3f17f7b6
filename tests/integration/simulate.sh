#!/usr/bin/env bash
# `dunhub simulate`: account by account the audit has the same entries as through the hub itself; two policies side by side; reports
# as files.
. "$(dirname "$0")/site.sh"

# ---- the same to the last entry ----
agree() { # name FROM TO least
    dunhub simulate --from "$2" --to "$3" --all >"$site/accounts" 2>"$site/accounts.err"
    same "$1: account by account" 0 $?
    dunhub simulate --from "$2" --to "$3" --all --day-by-day >"$site/days" 2>"$site/days.err"
    same "$1: through the hub" 0 $?
    sort "$site/accounts" >"$site/accounts.sorted"
    sort "$site/days" >"$site/days.sorted"
    if cmp -s "$site/accounts.sorted" "$site/days.sorted"; then
        ok "$1: every entry of the audit is the same"
    else
        diff "$site/accounts.sorted" "$site/days.sorted" | head -n 20 >"$site/differs"
        not_ok "$1: every entry of the audit is the same" "$site/differs"
    fi
    if [ "$(wc -l <"$site/accounts")" -gt "$4" ]; then ok "$1: more than $4 of them"; else not_ok "$1: more than $4 of them" "$site/accounts.err"; fi
    expect "$1: nobody was played day by day" test ! -s "$site/accounts.err"
}
configure_sample
agree "three ledgers" 2026-09-15 2026-11-20 3000
ibm=../shared/data/ledgers/ibm-accounts-receivable.csv
if [ -f "$ibm" ] && [ -z "${SANITIZE:-}" ]; then
    cp -r "$site/conf" "$site/sample"
    rm -rf "$site/conf"
    mkdir "$site/conf"
    sed -e "s#path: .*#path: $PWD/$ibm#" -e "s#\.\./\.\./\.\./conf\.d#$PWD/conf.d#" -e "s#\.\./\.\./\.\./build/ibm#$site#" \
        tests/cases/ibm/10-ibm.yaml >"$site/conf/10-ibm.yaml"
    agree "the IBM ledger" 2012-01-01 2012-06-30 2000
    rm -rf "$site/conf"
    mv "$site/sample" "$site/conf"
else
    echo "ok the IBM ledger # SKIP ../shared/data/ledgers is not there, or the sanitizers are on"
fi

# ---- reports ----
days="--from 2026-08-01 --to 2026-11-20"
# shellcheck disable=SC2086
dunhub simulate $days --json >"$site/lines" 2>&1
expect "a line names its rule" grep -q '"decision":"step_entered".*"rule":"policy b2b_standard version 1"' "$site/lines"
expect "and the gate that held it back" grep -q '"decision":"notice_released".*"gates":\[{[^]]*"gate":"send_window"' "$site/lines"
# shellcheck disable=SC2086
dunhub simulate $days --summary --out "$site/report" >"$site/table" 2>&1
same "a report is written" 0 $?
for file in summary.csv days.csv report.json steps.svg notices.svg collected-USD.svg; do
    expect "$file is there" test -s "$site/report/$file"
done
if command -v xmllint >/dev/null; then
    expect "charts are XML" xmllint --noout "$site"/report/*.svg
else
    not_ok "charts are XML: xmllint is not installed"
fi
expect "with a title and a description" grep -q '<title id="title">Notices a day</title>' "$site/report/notices.svg"
expect "and without scripts or links" bash -c "! grep -qiE 'script|href|onload' $site/report/*.svg"
same "a day of the series has a line" 113 "$(wc -l <"$site/report/days.csv")"
summed=$(awk -F, 'NR > 1 { n += $2 } END { print n }' "$site/report/days.csv")
same "notices of the days add up" "$(sed -n 's/^notices,all notices,\([0-9]*\).*/\1/p' "$site/report/summary.csv")" "$summed"
same "and are those of the lines" "$summed" "$(grep -c '"decision":"notice_released"' "$site/lines")"

# ---- two policies ----
cat >"$site/later.yaml" <<'YAML'
policies:
  b2b_standard:
    stages:
      - {name: first_reminder, from: 6, to: 14, wait: 7, skippable: true, template: friendly}
      - {name: second_notice, from: 15, to: 29, wait: 7, skippable: true, template: urgent}
      - {name: final_notice, from: 30, to: 44, wait: 14, template: firm}
      - {name: pre_collections, from: 45, to: 89, wait: 14, template: severe, also: [suspend_service]}
      - {name: collections, from: 90, template: placement, minimum: "500.00 USD", also: [agency_handover]}
      - {name: legal, from: 120, minimum: "5000.00 USD", needs: [collections_unsuccessful, legal_approval]}
YAML
cat >"$site/costs.yaml" <<'YAML'
costs: {deliveries_per_1000: {email: "100.00 USD"}, agency: "15.00 USD", staff_minute: "0.50 USD", task_minutes: 4}
YAML
# shellcheck disable=SC2086
dunhub simulate $days --compare "$site/conf" "$site/conf" >"$site/same" 2>&1
expect "a policy against itself" grep -q '^0 of 340 accounts are treated differently' "$site/same"
# shellcheck disable=SC2086
dunhub simulate $days --compare "$site/conf" "$site/later.yaml" --limit 3 >"$site/both" 2>&1
expect "a later one sends fewer first reminders" grep -qE '^first_reminder by email +[0-9]+ +[0-9]+ +-[0-9]+$' "$site/both"
expect "and leaves tenants alone" grep -qE '^rent_reminder by email +([0-9]+) +\1 +=$' "$site/both"
same "three accounts are shown" 3 "$(grep -cE '^invoices:[^ ]+ +A ' "$site/both")"
expect "what is left out is said" grep -qE '^and [0-9]+ more; --limit' "$site/both"
expect "with the decision and its reason" grep -qE 'A +2026-.*entered: .* is overdue \(day 1\)' "$site/both"
# shellcheck disable=SC2086
dunhub simulate $days --compare "$site/conf" "$site/later.yaml" --limit 0 --format json >"$site/both.json" 2>/dev/null
different=$(sed -n 's/.*"different_accounts": \([0-9]*\).*/\1/p' "$site/both.json")
same "with no limit left all are left out" "$different" "$(sed -n 's/.*"left_out": \([0-9]*\).*/\1/p' "$site/both.json")"
# Each side alone says what it says beside the other.
# shellcheck disable=SC2086
dunhub simulate $days --format csv >"$site/alone.csv" 2>/dev/null
# shellcheck disable=SC2086
dunhub simulate $days --compare "$site/conf" "$site/later.yaml" --format csv 2>/dev/null | cut -d, -f1-3 | tail -n +2 >"$site/side.csv"
grep -vE ',0.?$' "$site/alone.csv" | tail -n +2 | tr -d '\r' | while IFS= read -r row; do grep -qF -- "$row" "$site/side.csv" || echo "$row"; done | grep -vE '^(figures|costs),"' >"$site/missing"
same "and each side is as it is alone" "" "$(cat "$site/missing")"
# shellcheck disable=SC2086
dunhub simulate $days --compare "$site/costs.yaml" "$site/later.yaml" --format csv >"$site/costs.csv" 2>/dev/null
mails=$(sed -n 's/^notices,all notices,\([0-9]*\).*/\1/p' "$site/costs.csv")
# 100 USD for 1,000: ten cents each.
same "deliveries cost what they cost" "$((mails / 10)).$((mails % 10))0" "$(sed -n 's/^costs,"messages and postage, USD",\([0-9.]*\).*/\1/p' "$site/costs.csv")"
# shellcheck disable=SC2086
dunhub simulate $days --compare "$site/conf" "$site/none.yaml" >"$site/none" 2>&1
same "a file that is not there" 2 $?

# ---- hostile names ----
rm -rf "$site/conf"
mkdir "$site/conf"
configure
printf 'account,name,email,invoice,amount,issued,due,settled\n"=HYPERLINK(1)","<script>",a@example.test,I-1,10.00,2026-01-01,2026-01-05,\n' >"$site/rents.csv"
cp -r "$site/conf" "$site/other"
sed -i 's/from: 1, to: 29/from: 3, to: 29/' "$site/other/10-site.yaml"
dunhub simulate --from 2026-01-01 --to 2026-01-20 --compare "$site/conf" "$site/other" --out "$site/hostile" >"$site/hostile.txt" 2>&1
expect "a formula is none in a spreadsheet" grep -q "^'=HYPERLINK(1)," "$site/hostile/differences.csv"

# ---- rows that contradict each other ----
{
    echo "account,name,email,invoice,amount,issued,due,settled"
    echo "C-1,New Name,a@example.test,I-2,10.00,2026-01-10,2026-01-15,"
    echo "C-1,Old Name,a@example.test,I-1,10.00,2026-01-02,2026-01-05,2026-01-12"
} >"$site/rents.csv"
dunhub simulate --from 2026-01-01 --to 2026-01-20 --all >"$site/fallen" 2>"$site/fallen.err"
same "such a file is played day by day" 0 $?
expect "which is said" grep -q "Played day by day" "$site/fallen.err"
dunhub simulate --from 2026-01-01 --to 2026-01-20 --all --day-by-day >"$site/days" 2>/dev/null
expect "and told as it is" cmp "$site/fallen" "$site/days"
