#!/usr/bin/env bash
# conf.d on the sample portfolio, two months of it on a moved clock, killed again and again: the hub, and each time also one
# of its hosts alone. What was delivered in the end is what a run without any accident delivers, file for file.
. "$(dirname "$0")/../integration/site.sh"
rounds=${KILL_ROUNDS:-12}
seed=${KILL_SEED:-$((SECONDS + $$))}
RANDOM=$seed
echo "# seed $seed"
from=2026-09-14 to=2026-11-16
configure_sample
whole=$site
mkdir "$site/calm"
for part in conf ledgers secrets; do cp -r "$site/$part" "$site/calm/"; done
mkdir "$site/calm/inbox"

# Every delivery by its key: files by the name that ends in it, rows by their first column.
delivered() { # folder
    find "$1" -mindepth 2 -maxdepth 2 ! -path '*/.keys/*' -printf '%f\n'
    tail -n +2 "$1/dunning.csv" | sed 's/,.*//; s/^/row /'
}

site=$whole/calm
dunhub run --as-of $from --to $to --release >"$whole/calm.log" 2>&1
same "a run without accident ends well" 0 $?
site=$whole
delivered "$site/calm/inbox" | sort >"$site/wanted.txt"

# A day that the clock of the killed run has surely begun: folders bear the account's own day, and in the east that is tomorrow's.
# Begun later, the run would not see the hours between, in which something is paid or not yet paid.
reached() {
    local latest
    latest=$({ find "$site/inbox" -maxdepth 1 -name '20*' -printf '%f\n'; date -d "$from + 1 day" +%F; } | sort | tail -n 1)
    date -d "$latest - 1 day" +%F
}

under_way=0 hosts=0
for round in $(seq 1 "$rounds"); do
    start_hub --as-of "$(reached)" --to $to --release
    sleep "$(printf '0.%03d' $((RANDOM % 750 + 150)))"
    if [ $((round % 2)) -eq 0 ]; then
        host=$(pgrep -P "$hub" dunhub-host | shuf -n 1)
        [ -z "$host" ] || { kill -9 "$host" 2>/dev/null && hosts=$((hosts + 1)); }
        sleep "$(printf '0.%03d' $((RANDOM % 400 + 20)))"
    fi
    kill -9 "$hub" 2>/dev/null && under_way=$((under_way + 1))
    wait "$hub" 2>/dev/null
done
echo "# $under_way kills of the hub and $hosts of a host; the clock had come to $(reached)"
dunhub run --as-of "$(reached)" --to $to --release >"$site/last.log" 2>&1
same "the last run ends well" 0 $?

delivered "$site/inbox" | sort >"$site/got.txt"
same "nothing is delivered twice" "" "$(uniq -d "$site/got.txt" | head -n 3)"
same "nothing is missing" "" "$(comm -23 "$site/wanted.txt" "$site/got.txt" | head -n 3)"
same "nothing is there that should not be" "" "$(comm -13 "$site/wanted.txt" "$site/got.txt" | head -n 3)"
same "no half-written file is left" "" "$(find "$site/inbox" -name '*.part*' ! -path '*/.keys/*' | head -n 3)"
expect "the proof is whole" dunhub audit verify
same "no process is left" "" "$(hosts_here)"
if [ "$under_way" -gt $((rounds / 2)) ] && [ "$hosts" -gt 0 ]; then
    ok "most kills came while it was at work"
else
    not_ok "most kills came while it was at work" "$site/run.log"
fi
