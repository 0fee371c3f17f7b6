#!/usr/bin/env bash
# Notices as people look at them, and letters as the printer gets them: one through a running hub, others in several scripts.
# shellcheck disable=SC2154  # build, site and hub come from site.sh
. "$(dirname "$0")/site.sh"
configure
conf=$site/conf

expect "the templates are listed" sh -c "'$build/dunhub' notice list --conf '$conf' | grep -q firm"
expect "a preview of a sample" sh -c "'$build/dunhub' notice preview --sample firm --conf conf.d | grep -q 'USD 1,234.50'"
for language in en-US de es hi ar; do
    pdf=$site/$language.pdf
    expect "a letter in $language" "$build/dunhub" notice preview --sample firm --format pdf --language "$language" --conf conf.d --out "$pdf"
    expect "$language is whole" qpdf --check "$pdf"
    expect "$language says its language" grep -aq "/Lang (" "$pdf"
    expect "$language has its reader's text" sh -c "pdftotext -layout '$pdf' - | grep -q INV-201"
    cp "$pdf" "$pdf.first"
    "$build/dunhub" notice preview --sample firm --format pdf --language "$language" --conf conf.d --out "$pdf"
    expect "$language again has the same bytes" cmp "$pdf" "$pdf.first"
done
expect "a state has its own wording" sh -c "'$build/dunhub' notice preview --sample pay_or_quit --jurisdiction US/CA --conf conf.d | grep -q 'judicial holidays'"

# ---- through the hub: what the printer gets, what is kept, and that a replay needs no font ----
sed -i 's/^channels: .*/channels: {letter: {via: [drop]}, email: {via: [drop]}}/; s/email: email,/email: email, address: address,/' "$conf/10-site.yaml"
day() { date -u -d "$1 days ago" +%F; }
{
    echo "account,name,email,address,invoice,amount,issued,due,settled"
    echo "C-1,Zoë Šimić,,\"12 Main Street, Columbus, OH 43215\",I-1,1250.00,$(day 60),$(day 20),"
    echo "C-2,$(printf '\U000F0001') Nobody,n@example.test,\"1 High Street, Columbus, OH 43215\",I-2,75.00,$(day 60),$(day 20),"
} >"$site/rents.csv"
expect "ten days on a moved clock" dunhub run --release --as-of "$(day 10)" --to "$(day 1)"
letter=$(find "$site/inbox" -name '*C-1*.pdf' | head -n 1)
expect "a letter is a PDF in the inbox" test -s "$letter"
expect "it is whole" qpdf --check "$letter"
expect "it names the customer" sh -c "pdftotext -layout '$letter' - | grep -q 'Zoë Šimić'"
expect "and the amount" sh -c "pdftotext -layout '$letter' - | grep -q 'USD 1,250.00'"
expect "and page and pages" sh -c "pdftotext -layout '$letter' - | grep -q 'Page 1 of 1'"
same "no letter where a glyph is missing" "" "$(find "$site/inbox" -name '*C-2*.pdf')"
expect "but the next channel" sh -c "find '$site/inbox' -name '*C-2*.eml' | grep -q ."
expect "the proof holds" dunhub audit verify
expect "a replay gives the same, with its hash" dunhub audit replay
expect "the preview from the books" sh -c "'$bin/dunhub' notice preview C-1 first --conf '$conf' --plugins '$build/plugins' | grep -q 'USD 1,250.00'"
