/* Parsers that read bytes from outside, each as one function that must come back from whatever it
 * is given. What parses is also written and read again, and has to be the same. libFuzzer drives
 * them (`make fuzz`, driver.c), the unit suite replays tests/fuzz/corpus and tests/fuzz/crashes
 * (tests/unit/fuzz/test_replay.c). */
#ifndef DUNHUB_TESTS_FUZZ_H
#define DUNHUB_TESTS_FUZZ_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#define FUZZ_INPUT_MAX 16384

typedef struct {
    const char *name; /* folder of its corpus */
    void (*run)(const uint8_t *bytes, size_t n);
} FuzzTarget;

/* Ended by a NULL name. */
extern const FuzzTarget fuzz_targets[];

void fuzz_tree(const uint8_t *bytes, size_t n);
void fuzz_condition(const uint8_t *bytes, size_t n);
void fuzz_rulebook(const uint8_t *bytes, size_t n);
void fuzz_wire(const uint8_t *bytes, size_t n);
void fuzz_csv(const uint8_t *bytes, size_t n);
void fuzz_json(const uint8_t *bytes, size_t n);
void fuzz_event(const uint8_t *bytes, size_t n);
void fuzz_cases(const uint8_t *bytes, size_t n);
void fuzz_template(const uint8_t *bytes, size_t n);
void fuzz_text(const uint8_t *bytes, size_t n);
void fuzz_letter(const uint8_t *bytes, size_t n);
void fuzz_bundle(const uint8_t *bytes, size_t n);
void fuzz_reply(const uint8_t *bytes, size_t n);

#endif
