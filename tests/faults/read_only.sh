#!/usr/bin/env bash
# The folder of the store cannot be written: at the start, and from one moment to the next.
. "$(dirname "$0")/../integration/site.sh"
need_mounts "$0" "a read-only folder"
configure "" && owe 1 10
mkdir "$site/store"
mount --bind "$site/store" "$site/store"
read_only() { mount -o "remount,bind,$1" "$site/store" "$site/store"; }

read_only ro
dunhub run --release --until-idle >"$site/first.log" 2>&1
same "without a store it does not start" 3 $?
expect "and names the folder and what is wrong" grep -qi "$site/store.*read-only" "$site/first.log"
same "nothing was sent" 0 "$(mails)"
same "no host is left" "" "$(hosts_here)"

read_only rw
dunhub run --release --until-idle >"$site/second.log" 2>&1
same "once it can be written all goes well" 0 $?
same "everyone has a mail" 10 "$(mails)"

read_only ro
owe 11 20
dunhub run --release --until-idle >"$site/third.log" 2>&1
same "with a store that became read-only it does not start" 3 $?
expect "and says what is wrong" grep -qi 'read-only' "$site/third.log"
same "nothing more was sent" 10 "$(mails)"
read_only rw
dunhub run --release --until-idle >"$site/fourth.log" 2>&1
same "then it goes on" 0 $?
same "everyone has one mail" 20 "$(mails)"
expect "the proof is whole" dunhub audit verify
same "no process is left" "" "$(hosts_here)"
umount "$site/store"
