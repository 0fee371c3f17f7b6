#!/usr/bin/env bash
# The house itself: what lies at the top, what `make install` and `make new-plugin` give, what help says.
set -u
unset MAKEFLAGS MFLAGS # of the make that may have started this
cd "$(dirname "$0")/../.."
build=${DUNHUB_BUILD:-build}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
check() { # name command…
    local name=$1
    shift
    if "$@" >"$scratch/out" 2>&1; then echo "ok $name"; else echo "not ok $name"; sed 's/^/# /' "$scratch/out" | tail -n 15; fi
}

expected='CONTRIBUTING.md LICENSE Makefile README.md conf.d core docs plugins sdk tests tools'
top() { [ "$(git ls-files | cut -d/ -f1 | grep -v '^\.' | sort -u | LC_ALL=C sort | xargs)" = "$expected" ]; }
check top-level-is-exactly-the-house top

# A copy, so that nothing appears in the tree itself; objects are taken along to keep it quick.
mkdir "$scratch/tree"
git ls-files -z | xargs -0 cp --parents -t "$scratch/tree" 2>/dev/null
mkdir -p "$scratch/tree/build"
cp -a "$build/obj" "$build/lib" "$scratch/tree/build/"
tree() { make --no-print-directory -s -C "$scratch/tree" BUILD=build CC="${CC:-gcc}" ${SANITIZE:+SANITIZE=1} "$@"; }

check new-plugin-makes-a-folder tree new-plugin NAME=my_crm
check new-plugin-is-built-because-it-is-there tree build/plugins/my_crm.so
plugin_is_read() { "$build/dunhub-host" --probe "$scratch/tree/build/plugins/my_crm.so" | grep -q '"name": *"my_crm"'; }
check new-plugin-is-read plugin_is_read
refuses_bad_name() { ! tree new-plugin NAME=../evil && ! [ -e "$scratch/evil" ]; }
check new-plugin-refuses-a-path refuses_bad_name

check install make --no-print-directory -s BUILD="$build" install DESTDIR="$scratch/root" PREFIX=/usr
installed() {
    local f
    for f in usr/bin/dunhub usr/lib/dunhub/dunhub-host usr/lib/dunhub/dunhub-letter usr/lib/dunhub/plugins/csv_ledger.so usr/include/dunhub/plugin.h \
        usr/share/dunhub/conf.d usr/share/bash-completion/completions/dunhub; do
        [ -e "$scratch/root/$f" ] || { echo "missing: $f"; return 1; }
    done
}
check install-puts-everything-in-place installed
# The program finds its host and its plugins in the tree it lies in, wherever that is.
works_there() { (cd "$scratch" && "root/usr/bin/dunhub" plugins csv_ledger | grep -q '^csv_ledger .*: '); }
check what-is-installed-works-there works_there

names_every_target() {
    local target
    for target in run test asan lint bench docs new-plugin install clean; do
        make help | grep -q "^make $target" || { echo "make help does not tell of $target"; return 1; }
    done
}
check make-help-names-every-target names_every_target
