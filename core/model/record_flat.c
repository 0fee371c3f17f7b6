/* The plain case of record_decode, without a JSON tree: what is not plain, or wrong, is left to that. */
#include "base/json_scan.h"
#include "model/record.h"

#include <string.h>

enum { NAME_BYTES = 200, TEXT_BYTES = 65536, FIELDS = 128 };

#define AT(Type, record, field) (*(Type *)((char *)(record) + (field)->offset))

/* Members come in the order of the table, so that the next one is where the last one was. */
static const Field *field_named(const RecordType *type, const ScanValue *name, size_t *after)
{
    for (size_t k = 0; k < type->n_fields; k++) {
        size_t i = (*after + k) % type->n_fields;
        if (!json_scan_is(name, type->fields[i].name))
            continue;
        *after = i + 1;
        return &type->fields[i];
    }
    return NULL;
}

static bool is_ascii(const ScanValue *value)
{
    unsigned char all = 0;
    for (size_t i = 0; i < value->n; i++)
        all |= (unsigned char)value->p[i];
    return all < 0x80;
}

static bool take_text(const Field *field, const ScanValue *value, Arena *arena, void *record)
{
    size_t most = field->type == FIELD_TEXT ? TEXT_BYTES : NAME_BYTES;
    bool is_name = field->type == FIELD_NAME;
    if (value->n > most || (is_name && (value->n == 0 || !is_ascii(value))))
        return false;
    char *text = arena_alloc(arena, value->n + 1);
    memcpy(text, value->p, value->n);
    AT(const char *, record, field) = text;
    return true;
}

/* date_parse, for the one form it knows. */
static bool take_date(const Field *field, const ScanValue *value, void *record)
{
    char text[16];
    if (value->n != 10)
        return false;
    memcpy(text, value->p, 10);
    text[10] = '\0';
    return date_parse(text, &AT(Date, record, field), NULL);
}

static bool take_currency(const Field *field, const ScanValue *value, void *record)
{
    char text[4] = "";
    if (value->n != 3)
        return false;
    memcpy(text, value->p, 3);
    return currency_parse(text, &AT(Currency, record, field), NULL);
}

static bool take_choice(const Field *field, const ScanValue *value, void *record)
{
    for (int i = 0; field->choices[i]; i++) {
        if (!json_scan_is(value, field->choices[i]))
            continue;
        AT(int, record, field) = i;
        return true;
    }
    return false;
}

static bool take_value(const Field *field, const ScanValue *value, Arena *arena, void *record)
{
    bool is_text = value->kind == SCAN_STRING;
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_NAME:
        return is_text && take_text(field, value, arena, record);
    case FIELD_INT:
    case FIELD_AMOUNT:
        AT(int64_t, record, field) = value->integer;
        return value->kind == SCAN_INTEGER;
    case FIELD_BOOL:
        AT(bool, record, field) = value->kind == SCAN_TRUE;
        return value->kind == SCAN_TRUE || value->kind == SCAN_FALSE;
    case FIELD_DATE:
        return is_text && take_date(field, value, record);
    case FIELD_CURRENCY:
        return is_text && take_currency(field, value, record);
    case FIELD_CHOICE:
        return is_text && take_choice(field, value, record);
    case FIELD_INSTANT:
    case FIELD_ZONE:
    case FIELD_JSON:
        return false;
    }
    return false;
}

static bool has_required(const RecordType *type, const uint64_t present[2])
{
    for (size_t i = 0; i < type->n_fields; i++)
        if ((type->fields[i].flags & FIELD_REQUIRED) && !(type->fields[i].flags & FIELD_DERIVED) &&
            !(present[i / 64] & (UINT64_C(1) << (i % 64))))
            return false;
    return true;
}

bool record_decode_flat(const RecordType *type, const char *bytes, size_t n, Arena *arena,
                        void *ret_record, uint64_t ret_present[2])
{
    g_assert(type->n_fields <= FIELDS);
    JsonScan scan;
    ScanValue name, value;
    ScanStep step;
    size_t after = 0;
    uint64_t present[2] = {0, 0};
    record_init(type, ret_record);
    if (!json_scan_begin(&scan, bytes, n))
        return false;
    while ((step = json_scan_next(&scan, &name, &value)) == SCAN_MEMBER) {
        const Field *field = field_named(type, &name, &after);
        size_t i = field ? (size_t)(field - type->fields) : 0;
        uint64_t bit = UINT64_C(1) << (i % 64);
        if (!field || (field->flags & FIELD_DERIVED) || (present[i / 64] & bit) ||
            !take_value(field, &value, arena, ret_record))
            return false;
        present[i / 64] |= bit;
    }
    memcpy(ret_present, present, sizeof present);
    return step == SCAN_END && has_required(type, present);
}
