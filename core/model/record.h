/* Records described as data. Every kind of record that hangs under an account is a plain C struct and a RecordType: one
 * table of fields from which the store makes columns, the journal and `--json` make JSON, events are checked and decoded,
 * decide's changes are found by comparison, and the reference pages are written. There is no second list of fields. */
#ifndef DUNHUB_MODEL_RECORD_H
#define DUNHUB_MODEL_RECORD_H

#include "base/arena.h"
#include "base/date.h"
#include "base/json.h"
#include "base/money.h"

typedef enum {
    FIELD_TEXT,     /* const char *, NULL = absent; owned by the record's arena */
    FIELD_NAME,     /* as TEXT, but text_is_name / an identifier from outside, 1..200 bytes, one line */
    FIELD_INT,      /* int64_t */
    FIELD_BOOL,     /* bool */
    FIELD_DATE,     /* Date, DATE_NONE = absent */
    FIELD_INSTANT,  /* Instant, INSTANT_NONE = absent */
    FIELD_AMOUNT,   /* int64_t minor units of the record's currency field; AMOUNT_NONE = absent */
    FIELD_CURRENCY, /* Currency, "" = absent */
    FIELD_CHOICE,   /* int, index into choices (NULL-ended); -1 = absent */
    FIELD_ZONE,     /* const char *: a name that zone_get knows; NULL = absent */
    FIELD_JSON,     /* const char *: canonical JSON text; NULL = absent */
} FieldType;

#define AMOUNT_NONE INT64_MIN

typedef enum {
    FIELD_KEY = 1 << 0,      /* part of the record's identity within its account */
    FIELD_REQUIRED = 1 << 1, /* must be present in an event */
    FIELD_PERSONAL = 1 << 2, /* enters hashes only as H(salt, text) */
    FIELD_DERIVED = 1 << 3,  /* set by the hub, refused in events */
} FieldFlags;

typedef struct {
    const char *name;
    FieldType type;
    size_t offset;
    unsigned flags;
    const char *const *choices;
    const char *doc; /* one sentence with units */
} Field;

/* How a record lies in memory, eight bytes at a time: worked out from the fields when a record of that type is first used. */
enum { RECORD_WORDS = 64, RECORD_BYTES = RECORD_WORDS * 8 };
typedef struct {
    gsize ready;                 /* for g_once_init_enter */
    uint64_t texts;              /* bit i: word i points at a text */
    uint64_t said[RECORD_WORDS]; /* bits of each word that belong to another field; the rest is padding */
    unsigned char blank[RECORD_BYTES]; /* a record of absent values */
} RecordLayout;

typedef struct {
    const char *name;  /* table and JSON object name, singular: "invoice" */
    size_t size;       /* of the struct, at most RECORD_BYTES */
    const Field *fields;
    size_t n_fields;
    const char *doc;
    RecordLayout *layout; /* its own */
} RecordType;

#define FIELD(Struct, member, TYPE, FLAGS, CHOICES, DOC) \
    {#member, FIELD_##TYPE, offsetof(Struct, member), (FLAGS), (CHOICES), (DOC)}

/* Sets every field to its absent value (0, false, NULL, *_NONE). */
void record_init(const RecordType *type, void *ret_record);
bool record_equal(const RecordType *type, const void *a, const void *b);
/* The same answer, sooner: rows that nobody touched are the same bytes, and of others numbers are asked before texts. */
bool record_same(const RecordType *type, const void *a, const void *b);
bool record_same_key(const RecordType *type, const void *a, const void *b);
/* Deep copy: texts go to the arena. */
void record_copy(const RecordType *type, Arena *arena, const void *from, void *ret_record);
/* The same over an older version of the record: texts that say the same as before, or lie in that arena already, are kept. */
void record_update(const RecordType *type, Arena *arena, const void *from, void *record);

typedef enum { RECORD_ERROR_UNKNOWN_FIELD, RECORD_ERROR_MISSING, RECORD_ERROR_TYPE, RECORD_ERROR_VALUE } RecordError;
GQuark record_error_quark(void);
#define RECORD_ERROR record_error_quark()

/* Strict: unknown members, wrong types, DERIVED members are errors that name the member, what was expected, what came.
 * Amounts are integers (minor units) in member "<name>"; the caller has converted decimals before. */
bool record_from_json(const RecordType *type, const json_t *json, Arena *arena, void *ret_record, GError **error);
/* The same, and which fields came: bit i of ret_present for field i. A null member came and is absent: it clears. */
bool record_decode(const RecordType *type, const json_t *json, Arena *arena, void *ret_record, uint64_t ret_present[2],
                   GError **error);
/* The same from bytes where they are a plain flat object, without a tree and fast; false: they are not, or something is wrong
 * that record_decode says in words. */
bool record_decode_flat(const RecordType *type, const char *bytes, size_t n, Arena *arena, void *ret_record,
                        uint64_t ret_present[2]);

/* Absent fields are left out; numbers and truth values are always written. New reference. */
json_t *record_to_json(const RecordType *type, const void *record);
/* One field; NULL when it is absent. New reference. */
json_t *record_field_to_json(const Field *field, const void *record);

#endif
