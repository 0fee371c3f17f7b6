# A small installation in a folder of its own: a CSV ledger, an inbox of files, a ladder of two stages. Sourced by the
# scripts of tests/integration and tests/faults; they say what the ledger holds.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
build=${DUNHUB_BUILD:-build}
site=$(mktemp -d "${TMPDIR:-/tmp}/dunhub-site-XXXXXX")
mkdir -p "$site/conf" "$site/inbox" "$site/run"
started=

forget_site() {
    local pid
    for pid in $started $(hosts_here); do kill -9 "$pid" 2>/dev/null; done
    rm -rf "$site"
}
trap forget_site EXIT

# Hosts of this site: each is told the site's socket.
hosts_here() { pgrep -f "dunhub-host .*$site" || true; }

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
    timeout 120 "$build/dunhub" "$command" --conf "$site/conf" --plugins "$build/plugins" "$@"
}
# In the background: $hub is its process id.
start_hub() {
    "$build/dunhub" run --conf "$site/conf" --plugins "$build/plugins" "$@" >>"$site/run.log" 2>&1 &
    hub=$!
    started="$started $hub"
}
mails() { find "$site/inbox" -name '*.eml' | wc -l; }
