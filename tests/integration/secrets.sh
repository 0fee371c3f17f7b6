#!/usr/bin/env bash
# A planted secret is nowhere but in its own file: not in the store, its log, its memory of calls, nor in logs, arguments,
# environments, sockets' folder or what commands print; and the key of the store is what opens what instances keep.
. "$(dirname "$0")/site.sh"
configure
mkdir "$site/plugins" "$site/secret"
cp "$build"/plugins/*.so "$build/tests/plugins/keeper.so" "$site/plugins/"
planted=planted-7fe1c0a94d-secret
printf '%s\n' "$planted" >"$site/secret/token"
chmod 600 "$site/secret/token"
cat >>"$site/conf/10-site.yaml" <<YAML
  kept: {plugin: keeper, options: {token: "\${file:$site/secret/token}"}}
YAML
owe 1 2
here() { # command options and arguments…
    local command=$1
    shift
    timeout 60 "$bin/dunhub" "$command" --conf "$site/conf" --plugins "$site/plugins" "$@"
}
code_of() { sed -n 's/.*"code":"\([a-z_]*\)".*/\1/p'; }
everywhere() { # says where the secret is besides its file
    grep -rlF -- "$planted" "$site/store" "$site/run" "$site/conf" "$site/inbox" "$site"/*.log 2>/dev/null
    for pid in $hub $(hosts_here); do
        grep -lF -- "$planted" "/proc/$pid/environ" "/proc/$pid/cmdline" 2>/dev/null
    done
}

same "without a hub it is kept under the store's lock" stored "$(here call kept test.keep | code_of)"
same "the key lies beside the store, for its owner only" 600 "$(stat -c %a "$site/store/state.key")"
"$bin/dunhub" run --conf "$site/conf" --plugins "$site/plugins" --release >"$site/run.log" 2>&1 &
hub=$!
started="$started $hub"
within 20 is_up
within 20 has_mails 2
same "a hub opens it again" kept "$(here call kept test.keep | code_of)"
same "the secret is nowhere else while it runs" "" "$(everywhere)"
same "no core file is written of the hub" 0 "$(awk '/Max core file size/ {print $5}' "/proc/$hub/limits")"
same "nor would one hold its memory" 00000000 "$(cat "/proc/$hub/coredump_filter")"
for pid in $(hosts_here); do
    [ "$(cat "/proc/$pid/coredump_filter")" = 00000000 ] || not_ok "nor of a host"
done
{
    here status --json
    here outbox --json
    here dead --json
    here plugins --json
    here accounts --json
    here call kept test.keep
    here audit export C-1 --json
} >"$site/printed.log" 2>&1
same "no command prints it" 0 "$(grep -cF -- "$planted" "$site/printed.log")"
stop_hub
same "nor is it anywhere after the end" "" "$(everywhere)"

mv "$site/store/state.key" "$site/saved.key"
expect "without its key the store is not opened" bash -c "! '$bin/dunhub' run --until-idle --conf '$site/conf' --plugins '$site/plugins'"
same "and a new one is not made" "" "$(ls "$site/store" | grep state.key)"
here run --until-idle >"$site/refused.log" 2>&1
same "which it says" 1 "$(grep -c 'sealed with this key' "$site/refused.log")"
printf 'dunhub state key 1\n%064d\n' 7 >"$site/store/state.key"
chmod 600 "$site/store/state.key"
here run --until-idle >"$site/refused.log" 2>&1
same "another key is not taken for it" 1 "$(grep -c 'sealed with another key' "$site/refused.log")"
rm "$site/store/state.key"
tail -n 1 "$site/saved.key" >"$site/secret/state"
sed -i "s|^hub: {|hub: {state_key: \"\${file:$site/secret/state}\", |" "$site/conf/10-site.yaml"
same "the key may come by reference" kept "$(here call kept test.keep | code_of)"
