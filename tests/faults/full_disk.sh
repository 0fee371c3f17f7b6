#!/usr/bin/env bash
# The disk of the store fills up while the hub runs: it says so, acknowledges nothing, sends nothing that is not written
# down, and goes on by itself when there is room again.
. "$(dirname "$0")/../integration/site.sh"
need_mounts "$0" "a full disk"
mkdir "$site/store"
mount -t tmpfs -o size=24m none "$site/store"
configure "" && owe 1 20
start_hub --release
expect "the first mails go out" within 20 has_mails 20

dd if=/dev/zero of="$site/store/filler" bs=64k >/dev/null 2>&1
dd if=/dev/zero bs=4k >>"$site/store/filler" 2>/dev/null
same "the disk is full" 0 "$(df --output=avail "$site/store" | tail -n 1 | tr -d ' ')"
owe 21 60
dunhub assign C-1 maria >"$site/assign.log" 2>&1 &
asked=$!
dunhub poll --keep rents >/dev/null 2>&1
expect "it says so" within 15 said 'store_failed:.*the disk is full'
sleep 2
expect "what a person asked is not acknowledged" kill -0 "$asked"
same "no mail goes out that could not be written down" 20 "$(mails)"
expect "the hub lives" kill -0 "$hub"
same "it says so once" 1 "$(grep -c store_failed "$site/run.log")"
dunhub show C-1 --json >"$site/show.json" 2>&1
expect "what was written before can be read" grep -q '"C-1"' "$site/show.json"
expect "the assignment is not there" bash -c "! grep -q maria '$site/show.json'"

rm "$site/store/filler"
wait "$asked"
same "with room again it is answered" 0 $?
dunhub poll --keep rents >/dev/null 2>&1
expect "and the new mails go out" within 20 has_mails 60
stop_hub
same "it ends well" 0 $?
same "nobody has two" 60 "$(mails)"
dunhub show C-1 --json >"$site/show.json" 2>&1
expect "the assignment is there" grep -q maria "$site/show.json"
expect "the proof is whole" dunhub audit verify
same "no host is left" "" "$(hosts_here)"
umount "$site/store"
