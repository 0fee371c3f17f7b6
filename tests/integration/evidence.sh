#!/usr/bin/env bash
# One account as evidence: exported, verified elsewhere, tampered with, erased, verified again. Of who was erased nothing is
# left in the bytes of the store, and the chain still holds.
. "$(dirname "$0")/site.sh"
configure '      as_of: now'
echo 'settings: {auto_resolve: true}' >"$site/conf/15-settings.yaml"
day() { date -u -d "$1" +%F; }
cp "$build/dunhub-letter" "$bin"
store=$site/store/hub.db
name="Ada Unforgettable" address=ada.unforgettable@example.test
other="Bob Neverseen"
# Two years ago: what a rule says of a year is over by now.
{
    echo "account,name,email,invoice,amount,issued,due,settled"
    echo "C-1,$name,$address,I-1,100.00,2024-03-01,2024-03-31,2024-05-10"
    echo "C-2,$other,bob@example.test,I-2,50.00,2024-03-01,2024-03-31,"
    echo "C-3,Cleo Remembered,cleo@example.test,I-3,70.00,2024-03-01,2024-03-31,2024-05-10"
} >"$site/rents.csv"
dunhub run --as-of 2024-04-01 --to 2024-05-20 --release >"$site/run.log" 2>&1
same "seven weeks end well" 0 $?

# Export, as often as one likes the same.
key=$(dunhub audit key --new)
expect "the key is its owner's alone" test "$(stat -c %a "$site/store/signing.key")" = 600
dunhub audit key --new >"$site/key.log" 2>&1
same "a key is never written over" 3 $?
same "the public key is shown" "$key" "$(dunhub audit key --show)"
expect "C-1 is exported" dunhub audit export C-1 --out "$site/one.tar"
expect "and again" dunhub audit export C-1 --out "$site/two.tar"
dunhub audit export C-1 --out "$site/one.tar" >"$site/again.log" 2>&1
same "never over a file that is there" 3 $?
same "the bundle is its owner's alone" 600 "$(stat -c %a "$site/one.tar")"
expect "differing in the signature alone" test "$(cmp -l "$site/one.tar" "$site/two.tar" | wc -l)" -le 152

# Elsewhere: no configuration, no store.
elsewhere() { (cd "$site/elsewhere" && "$bin/dunhub" audit verify "$@"); }
mkdir "$site/elsewhere"
elsewhere ../one.tar --key "$key" >"$site/verify.log" 2>&1
same "it verifies elsewhere" 0 $?
expect "all of it" grep -q '^everything holds$' "$site/verify.log"
echo "$key" >"$site/organisation.pub"
expect "with the key out of a file" elsewhere ../one.tar --key ../organisation.pub
elsewhere ../one.tar --key "$(printf '%064d' 1)" >"$site/stranger.log" 2>&1
same "another key is refused" 1 $?
expect "and named" grep -q "signed with another key: $key" "$site/stranger.log"
mkdir "$site/unpacked"
expect "any tar unpacks it" tar xf "$site/one.tar" -C "$site/unpacked"
expect "the timeline tells of the notice" grep -q 'template  *friendly' "$site/unpacked/timeline.txt"
expect "and of the payment" grep -q 'Payment: amount USD 100.00' "$site/unpacked/timeline.txt"
expect "in local time" grep -Eq '[0-9]{2}:[0-9]{2}:[0-9]{2} \+00:00' "$site/unpacked/timeline.txt"
expect "what was sent is there by its hash" bash -c "cd '$site/unpacked/notices' && for f in *.json; do [ \"\$(sha256sum <\"\$f\" | cut -d' ' -f1)\" = \"\${f%.json}\" ] || exit 1; done"
expect "nobody else is in it" bash -c "! grep -rqE '$other|bob@example|C-2|C-3|Cleo' '$site/unpacked'"
if command -v pdftotext >/dev/null; then
    pdftotext -layout "$site/unpacked/timeline.pdf" "$site/timeline.txt" 2>/dev/null
    expect "the PDF has its pages numbered" grep -Eq 'Page 1 of [0-9]+' "$site/timeline.txt"
else
    echo "ok the PDF has its pages numbered # SKIP no pdftotext"
fi

# Tampering: in every file one byte, and the archive cut off.
n=0 missed=
while read -r offset; do
    cp "$site/one.tar" "$site/bad.tar"
    printf '\x01' | dd of="$site/bad.tar" bs=1 seek="$offset" conv=notrunc 2>/dev/null
    cmp -s "$site/one.tar" "$site/bad.tar" && continue
    n=$((n + 1))
    "$bin/dunhub" audit verify "$site/bad.tar" >"$site/bad.log" 2>&1
    [ $? -eq 1 ] || missed="$missed $offset"
done < <(seq 1000 4001 "$(stat -c %s "$site/one.tar")")
expect "many places were tried" test "$n" -gt 10
same "a changed byte is found wherever it is" "" "$missed"
head -c 3000 "$site/one.tar" >"$site/cut.tar"
"$bin/dunhub" audit verify "$site/cut.tar" >"$site/cut.log" 2>&1
same "a cut archive is found" 1 $?
expect "and said to be cut" grep -q 'it is cut off' "$site/cut.log"

# Erasing: not while a case is open. Two years have passed at once: a person says that the clock is right.
dunhub approve --clock >>"$site/run.log" 2>&1
dunhub erase C-2 --reason "asked for it" --by maria >"$site/refused.log" 2>&1
same "an open case is not erased" 1 $?
expect "and it is said why" grep -Eq 'refused \((case_open|owes)\)' "$site/refused.log"
dunhub erase C-1 --reason "Ada Unforgettable asked for it" >"$site/reason.log" 2>&1
same "a reason with the name is refused" 1 $?
expect "the store knew her" grep -qa "$name" "$store"
dunhub erase C-1 --reason "request under GDPR article 17" --by maria >"$site/erase.log" 2>&1
same "a closed case is erased" 0 $?
for word in "$name" "Unforgettable" "$address"; do
    same "nothing is left of '$word'" "" "$(grep -cal "$word" "$store" "$store"-wal 2>/dev/null)"
done
expect "the others are still known" grep -qa "$other" "$store"
expect "the chain of the store holds" dunhub audit verify
dunhub audit show C-1 --json >"$site/show.json" 2>&1
expect "the erasure is recorded, with who and why" grep -q 'person:maria.*article 17\|article 17.*person:maria' "$site/show.json"
dunhub audit replay >"$site/replay.log" 2>&1
same "the others are decided again to the same" 0 $?
expect "and the erased one is said not to be" grep -q '^1 not: ' "$site/replay.log"
dunhub erase C-1 --reason "once more" >"$site/more.log" 2>&1
expect "erased is erased" grep -q 'nothing_to_erase' "$site/more.log"
expect "what is left is exported" dunhub audit export C-1 --out "$site/erased.tar"
elsewhere ../erased.tar --key "$key" >"$site/erased.log" 2>&1
same "and verifies" 0 $?
expect "and says what was erased" grep -Eq 'the texts of [0-9]+ entries were erased' "$site/erased.log"
expect "nothing of her is in it" bash -c "! grep -qaE 'Unforgettable|$address' '$site/erased.tar'"
expect "the bundle of before still verifies" elsewhere ../one.tar --key "$key"

# By a rule, on its own: a year after the last act. Who still owes is kept.
cat >"$site/conf/20-retention.yaml" <<'YAML'
retention:
  house: {erase_after_years: 1, citation: house rule 7}
YAML
dunhub run --as-of "$(day tomorrow)" --to "$(day tomorrow)" >>"$site/run.log" 2>&1
dunhub audit show C-3 --json >"$site/third.json" 2>&1
expect "the rule erased who had paid" grep -q '"rule":"house"' "$site/third.json"
same "to the last byte" "" "$(grep -cal "Cleo Remembered" "$store" "$store"-wal 2>/dev/null)"
expect "who owes is kept" grep -qa "$other" "$store"
expect "and all of it holds" dunhub audit verify
