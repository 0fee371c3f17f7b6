#include "fuzz.h"

const FuzzTarget fuzz_targets[] = {
    {"tree", fuzz_tree},         {"condition", fuzz_condition},
    {"rulebook", fuzz_rulebook}, {"wire", fuzz_wire},
    {"csv", fuzz_csv},           {"json", fuzz_json},
    {"event", fuzz_event},       {"cases", fuzz_cases},
    {"template", fuzz_template}, {"text", fuzz_text},
    {"letter", fuzz_letter},     {"bundle", fuzz_bundle},
    {"reply", fuzz_reply},       {NULL, NULL},
};
