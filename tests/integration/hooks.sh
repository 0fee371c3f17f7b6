#!/usr/bin/env bash
# Webhooks: what is rightly signed is durable before it is answered and becomes an event once, however often it comes and
# whoever dies in between; what is not is refused.
. "$(dirname "$0")/site.sh"
configure
mkdir "$site/plugins" "$site/gate"
cp "$build"/plugins/*.so "$build/tests/plugins/doorbell.so" "$site/plugins/"
echo "old secret" >"$site/old"
echo "new secret" >"$site/new"
cat >>"$site/conf/10-site.yaml" <<YAML
  bell: {plugin: doorbell, options: {secrets: ["\${file:$site/old}", "\${file:$site/new}"], gate: $site/gate}}
http: {listen: "127.0.0.1:0", body_max_bytes: 2000, request_timeout: 2s}
YAML
owe 1 6

here() { # command options and arguments…
    local command=$1
    shift
    timeout 60 "$bin/dunhub" "$command" --conf "$site/conf" --plugins "$site/plugins" "$@"
}
number() { here status --json 2>/dev/null | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"; }
run_here() {
    : >"$site/run.log"
    "$bin/dunhub" run --conf "$site/conf" --plugins "$site/plugins" --release >>"$site/run.log" 2>&1 &
    hub=$!
    started="$started $hub"
    within 30 said "webhooks are taken at" || not_ok "the listener is there" "$site/run.log"
    port=$(sed -n 's/.*webhooks are taken at 127.0.0.1 port \([0-9]*\).*/\1/p' "$site/run.log" | tail -1)
}
# Status and body of the answer to a POST.
post() { # path body header…
    local path=$1 body=$2 header
    shift 2
    exec 3<>"/dev/tcp/127.0.0.1/$port" || return 1
    {
        printf 'POST %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nConnection: close\r\nContent-Length: %s\r\n' "$path" "$port" "${#body}"
        for header in "$@"; do printf '%s\r\n' "$header"; done
        printf '\r\n%s' "$body"
    } >&3
    tr -d '\r' <&3 | awk 'NR == 1 { status = $2 } body { text = text $0 } $0 == "" { body = 1 } END { print status " " text }'
    exec 3>&-
}
signature() { # secret time body
    printf '%s.%s' "$2" "$3" | openssl dgst -sha256 -hmac "$1" | sed 's/.*= *//'
}
deliver() { # secret seconds-from-now delivery body
    local time
    time=$(($(date +%s) + $2))
    post /hooks/bell "$4" "X-Time: $time" "X-Sign: v1=$(signature "$1" $time "$4")" "X-Delivery: $3"
}
event() { # id account person
    printf '{"id":"%s","type":"account.assigned","account":"%s","data":{"to":"%s"}}' "$1" "$2" "$3"
}
assigned() { here show "$1" --json | grep -q "\"assignee\":\"$2\""; }

run_here
within 30 here show C-6 || not_ok "the ledger is read" "$site/run.log"
same "a delivery that is rightly signed is taken" "200 thanks" "$(deliver 'new secret' 0 d-1 "$(event e-1 C-1 maria)")"
expect "and becomes an event" within 30 assigned C-1 maria
same "the older of two secrets still fits" "200 thanks" "$(deliver 'old secret' 0 d-2 "$(event e-2 C-2 maria)")"
expect "with the same effect" within 30 assigned C-2 maria
same "a third does not" "401 " "$(deliver 'no secret' 0 d-3 "$(event e-3 C-3 maria)")"
same "nor does what is stale" "401 " "$(deliver 'new secret' -400 d-3 "$(event e-3 C-3 maria)")"
same "nor what comes from the future" "401 " "$(deliver 'new secret' 400 d-3 "$(event e-3 C-3 maria)")"
same "nor what is not signed" "401 " "$(post /hooks/bell "$(event e-3 C-3 maria)" "X-Delivery: d-3")"
same "a challenge is answered at once" "200 a-b-c" "$(deliver 'new secret' 0 d-4 '{"challenge":"a-b-c"}')"
same "no other path leads anywhere" "404 " "$(post /hooks/nobody x)"
same "nor one below" "404 " "$(post /hooks/bell/else x)"
same "a body that is too long is refused" "413 " "$(deliver 'new secret' 0 d-5 "$(head -c 3000 /dev/zero | tr '\0' x)")"
same "a repeat is answered alike" "200 thanks" "$(deliver 'new secret' 0 d-1 "$(event e-9 C-3 nobody)")"
same "and has no second effect" 1 "$(number request_duplicates)"
same "a body that is no event is taken as well" "200 thanks" "$(deliver 'new secret' 0 d-6 'no event')"
expect "and given up where it can be seen" within 30 said "could make no events of a request"
same "the plugin's own answer is given where it has one" "201 heard" \
    "$(post /hooks/bell/asked "$(event e-7 C-4 maria)" 'Authorization: new secret')"
expect "its delivery becomes an event as well" within 30 assigned C-4 maria
same "a wrong secret is refused before the plugin hears of it" "401 " "$(post /hooks/bell/asked x 'Authorization: other')"
touch "$site/gate/closed"
same "an answer that does not come in time is a 503" "503 " \
    "$(post /hooks/bell/asked "$(event e-8 C-5 maria)" 'Authorization: new secret')"
same "a delivery is answered although its plugin is busy" "200 thanks" "$(deliver 'new secret' 0 d-10 "$(event e-10 C-6 maria)")"
kill -9 "$hub"
wait "$hub" 2>/dev/null
rm "$site/gate/closed"
run_here
expect "what was answered before a kill becomes an event after it" within 30 assigned C-6 maria
same "a repeat of it is known after the kill too" "200 thanks" "$(deliver 'new secret' 0 d-10 "$(event e-11 C-6 nobody)")"
expect "what was answered with 503 was kept nevertheless" within 30 assigned C-5 maria
expect "nothing waits any more" within 30 eval '[ "$(number mapped)" -ge 2 ]'
expect "the repeat changed nothing" assigned C-6 maria
expect "no secret is in the store" bash -c "! grep -aq -e 'new secret' -e 'old secret' '$site'/store/*"
expect "nor in the log" bash -c "! grep -q -e 'new secret' -e 'old secret' '$site/run.log'"
stop_hub
same "a signal ends it well" 0 $?
expect "the proof is whole" here audit verify
same "without a public address nobody is told of one" 0 "$(grep -c hooks/bell "$site/run.log")"
sed -i 's#^http: {#http: {public_url: "https://hub.example/dun", #' "$site/conf/10-site.yaml"
run_here
expect "with one the plugin is told it when its host is up" within 30 said 'https://hub.example/dun/hooks/bell'
expect "and a person hears when the vendor does not take it" within 30 said "could not be set up: the vendor knows no such bell"
stop_hub
