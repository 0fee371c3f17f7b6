# A small installation in a folder of its own: a CSV ledger, an inbox of files, a ladder of two stages. Sourced by the
# scripts of tests/integration and tests/faults; they say what the ledger holds.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
build=${DUNHUB_BUILD:-build}
site=$(mktemp -d "${TMPDIR:-/tmp}/dunhub-site-XXXXXX")
mkdir -p "$site/conf" "$site/inbox" "$site/run"
# Programs of its own, so that its hosts can be told from all others.
bin=$site/bin
mkdir "$bin"
cp "$build/dunhub" "$build/dunhub-host" "$build/dunhub-letter" "$bin"
started=

forget_site() {
    local pid
    for pid in $started $(hosts_here); do kill -9 "$pid" 2>/dev/null; done
    rm -rf "$site"
}
trap forget_site EXIT

hosts_here() { pgrep -f "^$bin/dunhub-host " || true; }

ok() { echo "ok $1"; }
not_ok() { # name file…
    echo "not ok $1"
    shift
    [ $# -eq 0 ] || tail -n 40 "$@" | sed 's/^/# /'
}
expect() { # name command…
    local name=$1
    shift
    if "$@" >"$site/expect.log" 2>&1; then ok "$name"; else not_ok "$name" "$site/expect.log"; fi
}
same() { # name want got
    if [ "$2" = "$3" ]; then ok "$1"; else echo "not ok $1: wanted '$2', got '$3'"; fi
}

configure() { # extra lines of the ledger's options
    cat >"$site/conf/10-site.yaml" <<YAML
hub: {store: $site/store/hub.db, run_dir: $site/run, templates: $PWD/conf.d/templates}
organisation: {name: Site, zone: UTC, default_policy: ladder, fuse_factor: 1000}
settings: {minimum: {USD: "0.00"}, evaluate_at: "00:00", send_at: "00:00", send_window: ["00:00", "24:00"]}
channels: {email: {via: [drop]}}
policies:
  ladder:
    stages:
      - {name: first, template: friendly, from: 1, to: 29, wait: 7, skippable: false}
      - {name: second, template: urgent, from: 30, to: null, wait: 7, skippable: false}
instances:
  rents:
    plugin: csv_ledger
    options:
      path: $site/rents.csv
      currency: USD
      columns: {account: account, account_name: name, email: email, invoice: invoice, amount: amount, issued_on: issued,
                due_on: due, settled_on: settled}
${1:-}
  drop:
    plugin: file_drop
    options: {folder: $site/inbox}
YAML
}

# conf.d as it is delivered, on the sample portfolio of a fixed day.
configure_sample() {
    rm -rf "$site/conf"
    cp -r conf.d "$site/conf"
    mkdir -p "$site/ledgers" "$site/secrets"
    echo "a-secret-of-this-test-that-is-long-enough" >"$site/secrets/hook"
    chmod 600 "$site/secrets/hook"
    make --no-print-directory -s BUILD="$build" "$build/tools/sample_portfolio"
    "$build/tools/sample_portfolio" "$site/ledgers" --today 2026-11-20 --seed 7
}

dunhub() { # command options and arguments…
    local command=$1
    shift
    timeout 120 "$bin/dunhub" "$command" --conf "$site/conf" --plugins "$build/plugins" "$@"
}
# In the background: $hub is its process id.
start_hub() {
    "$bin/dunhub" run --conf "$site/conf" --plugins "$build/plugins" "$@" >>"$site/run.log" 2>&1 &
    hub=$!
    started="$started $hub"
}
# Waits for it, at most so long; false if it did not come.
within() { # seconds command…
    local last=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -le "$last" ] || return 1
        sleep 0.1
    done
}
said() { grep -q -- "$1" "$site/run.log"; }
has_mails() { [ "$(mails)" -ge "$1" ]; }
is_up() { [ -S "$site/run/control" ]; }
# A ledger of accounts FIRST to LAST, each with an invoice that is ten days overdue.
owe() { # first last
    local i due issued
    due=$(date -u -d '10 days ago' +%F) issued=$(date -u -d '40 days ago' +%F)
    [ -s "$site/rents.csv" ] || echo "account,name,email,invoice,amount,issued,due,settled" >"$site/rents.csv"
    for i in $(seq "$1" "$2"); do echo "C-$i,Person $i,p$i@example.test,I-$i,100.00,$issued,$due,"; done >>"$site/rents.csv"
}
stop_hub() {
    kill -TERM "$hub" 2>/dev/null
    wait "$hub"
}
# Runs the script in a mount namespace of its own, where it may mount; or says that this machine does not let it.
need_mounts() { # script name-of-what-is-skipped…
    local script=$1 name
    shift
    [ -z "${SITE_MOUNTS:-}" ] || return 0
    local way=(unshare -m)
    [ "$(id -u)" -eq 0 ] || way=(unshare -rm)
    rm -rf "$site"
    if "${way[@]}" mount -t tmpfs none /mnt 2>/dev/null; then SITE_MOUNTS=1 exec "${way[@]}" "$script"; fi
    for name in "$@"; do echo "ok $name # SKIP nothing can be mounted here"; done
    exit 0
}
mails() { find "$site/inbox" -name '*.eml' | wc -l; }
