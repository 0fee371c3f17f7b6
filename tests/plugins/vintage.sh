#!/usr/bin/env bash
# The plugin header as it was, will be, or never was: from today's on standard input.
#   older    the last member of each growing struct is not known yet
#   newer    each growing struct has one more, minor 99
#   foreign  another major
set -eu
case $1 in
older)
    sed -E -e '/^    DunhubHandler (lookup|check|read);/d' \
        -e '/^    int64_t \(\*wait\)\(/d' \
        -e '/^    DunhubBytes items;/d' \
        -e '/^    uint32_t timeout_ms;/d' \
        -e '/^    const char \*allowed;/,/^\} DunhubOption;/{/^    const char \*doc;/d}'
    ;;
newer)
    sed -E -e 's/^#define DUNHUB_ABI_MINOR .*/#define DUNHUB_ABI_MINOR 99/' \
        -e 's/^\} (DunhubAction|DunhubSource|DunhubOption|DunhubLimits|DunhubPlugin|DunhubResult);/    const char *horoscope;\n&/' \
        -e 's/^    int64_t \(\*wait\)\(.*/&\n    int32_t (*fortune)(DunhubCall *call);/'
    ;;
foreign)
    sed -E 's/^#define DUNHUB_ABI_MAJOR .*/#define DUNHUB_ABI_MAJOR 7/'
    ;;
*)
    echo "usage: vintage.sh older|newer|foreign" >&2
    exit 2
    ;;
esac
