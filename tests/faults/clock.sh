#!/usr/bin/env bash
# The clock of the machine is set days ahead while the hub runs, and nothing vouches for it: nothing is sent until a person
# has looked, also not after a restart; and set back, nothing is repeated.
. "$(dirname "$0")/../integration/site.sh"
case $build in *asan*)
    echo "ok a moved clock # SKIP a preloaded library and the address sanitizer do not go together"
    exit 0
    ;;
esac
if ! ${CC:-cc} -shared -fPIC -o "$site/shifted_time.so" tests/faults/shifted_time.c 2>"$site/cc.log"; then
    echo "ok a moved clock # SKIP the shift of time cannot be compiled here"
    exit 0
fi
set_clock() { echo "$1" >"$site/shift.new" && mv "$site/shift.new" "$site/shift"; } # seconds
day=86400
set_clock 0
start_shifted() {
    LD_PRELOAD=$site/shifted_time.so SHIFTED_TIME=$site/shift "$bin/dunhub" run --conf "$site/conf" --plugins "$build/plugins" \
        "$@" >>"$site/run.log" 2>&1 &
    hub=$!
    started="$started $hub"
}
acting() { dunhub status --json | grep -q '"observe":false'; }
observing() { dunhub status --json | grep -q '"observe":true'; }

configure "" && owe 1 10
start_shifted --release
expect "the first mails go out" within 20 has_mails 10

set_clock $((25 * day)) # the second stage would be due for all
dunhub poll --keep rents >/dev/null 2>&1 # a look at the clock
expect "an alert tells of the jump" within 15 said 'clock_suspect'
expect "the hub only observes" within 10 observing
sleep 1
same "nothing is sent" 10 "$(mails)"
owe 11 12
dunhub poll --keep rents >/dev/null 2>&1
sleep 1
same "nor for what is new" 10 "$(mails)"

kill -9 "$hub"
wait "$hub" 2>/dev/null
start_shifted
expect "it starts again" within 20 is_up
expect "and still only observes" within 10 observing
sleep 1
same "nothing is sent after the restart" 10 "$(mails)"

expect "a person takes the clock as right" dunhub approve --clock --by maria
expect "it acts again" within 20 has_mails 22
expect "and observes no more" acting

set_clock $((20 * day))
dunhub poll --keep rents >/dev/null 2>&1
expect "a clock that goes back is told" within 15 said 'clock_back'
sleep 1
same "and repeats nothing" 22 "$(mails)"
stop_hub
same "it ends well" 0 $?
dunhub audit show @hub --json >"$site/audit.json" 2>&1
expect "who took it as right stands in the proof" grep -q '"actor":"person:maria".*clock_cleared' "$site/audit.json"
expect "the proof is whole" dunhub audit verify
same "no host is left" "" "$(hosts_here)"
