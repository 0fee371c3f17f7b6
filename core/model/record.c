#include "model/record.h"

#include <string.h>

#include "base/diag.h"
#include "base/text.h"
#include "base/zone.h"

#define NAME_MAX_BYTES 200
#define TEXT_MAX_BYTES 65536
#define MAX_FIELDS 128

G_DEFINE_QUARK(dunhub - record - error - quark, record_error)

#define AT(Type, record, field) (*(Type *)((char *)(record) + (field)->offset))
#define AT_CONST(Type, record, field) (*(const Type *)((const char *)(record) + (field)->offset))

static void set_absent(const Field *field, void *record)
{
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_NAME:
    case FIELD_ZONE:
    case FIELD_JSON:
        AT(const char *, record, field) = NULL;
        break;
    case FIELD_INT:
        AT(int64_t, record, field) = 0;
        break;
    case FIELD_BOOL:
        AT(bool, record, field) = false;
        break;
    case FIELD_DATE:
        AT(Date, record, field) = DATE_NONE;
        break;
    case FIELD_INSTANT:
        AT(Instant, record, field) = INSTANT_NONE;
        break;
    case FIELD_AMOUNT:
        AT(int64_t, record, field) = AMOUNT_NONE;
        break;
    case FIELD_CURRENCY:
        AT(Currency, record, field) = (Currency){""};
        break;
    case FIELD_CHOICE:
        AT(int, record, field) = -1;
        break;
    }
}

static bool field_equal(const Field *field, const void *a, const void *b)
{
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_NAME:
    case FIELD_ZONE:
    case FIELD_JSON: {
        const char *left = AT_CONST(char *, a, field), *right = AT_CONST(char *, b, field);
        return left == right || (left && right && strcmp(left, right) == 0);
    }
    case FIELD_INT:
    case FIELD_INSTANT:
    case FIELD_AMOUNT:
        return AT_CONST(int64_t, a, field) == AT_CONST(int64_t, b, field);
    case FIELD_BOOL:
        return AT_CONST(bool, a, field) == AT_CONST(bool, b, field);
    case FIELD_DATE:
        return AT_CONST(Date, a, field) == AT_CONST(Date, b, field);
    case FIELD_CURRENCY:
        return currency_equal(AT_CONST(Currency, a, field), AT_CONST(Currency, b, field));
    case FIELD_CHOICE:
        return AT_CONST(int, a, field) == AT_CONST(int, b, field);
    }
    g_assert_not_reached();
}

bool record_equal(const RecordType *type, const void *a, const void *b)
{
    for (size_t i = 0; i < type->n_fields; i++) {
        if (!field_equal(&type->fields[i], a, b))
            return false;
    }
    return true;
}

static bool is_text(FieldType type)
{
    return type == FIELD_TEXT || type == FIELD_NAME || type == FIELD_ZONE || type == FIELD_JSON;
}

static size_t field_size(FieldType type)
{
    switch (type) {
    case FIELD_BOOL:
        return sizeof(bool);
    case FIELD_DATE:
    case FIELD_CURRENCY:
    case FIELD_CHOICE:
        return sizeof(int32_t);
    default:
        return sizeof(int64_t);
    }
}

/* ---- word by word ------------------------------------------------------------------------------ */

static void work_out(const RecordType *type, RecordLayout *layout)
{
    g_assert(type->size <= RECORD_BYTES);
    for (size_t i = 0; i < type->n_fields; i++) {
        const Field *field = &type->fields[i];
        set_absent(field, layout->blank);
        if (is_text(field->type))
            layout->texts |= UINT64_C(1) << field->offset / sizeof(uint64_t);
        else
            memset((unsigned char *)layout->said + field->offset, 0xff, field_size(field->type));
    }
}

static const RecordLayout *layout_of(const RecordType *type)
{
    RecordLayout *layout = type->layout;
    if (g_once_init_enter(&layout->ready)) {
        work_out(type, layout);
        g_once_init_leave(&layout->ready, 1);
    }
    return layout;
}

static size_t words_of(const RecordType *type)
{
    return (type->size + sizeof(uint64_t) - 1) / sizeof(uint64_t);
}

/* The last word of a record may be shorter than others. */
static inline uint64_t word_at(const RecordType *type, const void *record, size_t i)
{
    uint64_t word = 0;
    size_t at = i * sizeof word;
    if (at + sizeof word <= type->size)
        memcpy(&word, (const char *)record + at, sizeof word);
    else
        memcpy(&word, (const char *)record + at, type->size - at);
    return word;
}

static const char *text_at(const void *record, size_t i)
{
    const char *text;
    memcpy(&text, (const char *)record + i * sizeof text, sizeof text);
    return text;
}

void record_init(const RecordType *type, void *ret_record)
{
    memcpy(ret_record, layout_of(type)->blank, type->size);
}

/* From the last word on: what the hub keeps itself stands there. Texts are asked last: they may say the same in
 * another place. */
bool record_same(const RecordType *type, const void *a, const void *b)
{
    const RecordLayout *layout = layout_of(type);
    uint64_t differ = 0;
    for (size_t i = words_of(type); i-- > 0;) {
        uint64_t bits = word_at(type, a, i) ^ word_at(type, b, i);
        if (bits & layout->said[i])
            return false;
        if (bits)
            differ |= UINT64_C(1) << i;
    }
    for (differ &= layout->texts; differ; differ &= differ - 1) {
        size_t i = (size_t)__builtin_ctzll(differ);
        if (!text_same(text_at(a, i), text_at(b, i)))
            return false;
    }
    return true;
}

bool record_same_key(const RecordType *type, const void *a, const void *b)
{
    for (size_t i = 0; i < type->n_fields; i++) {
        const Field *field = &type->fields[i];
        if ((field->flags & FIELD_KEY) && !field_equal(field, a, b))
            return false;
    }
    return true;
}

static void put_text(void *record, size_t i, const char *text)
{
    memcpy((char *)record + i * sizeof text, &text, sizeof text);
}

void record_copy(const RecordType *type, Arena *arena, const void *from, void *ret_record)
{
    memmove(ret_record, from, type->size);
    for (uint64_t texts = layout_of(type)->texts; texts; texts &= texts - 1) {
        size_t i = (size_t)__builtin_ctzll(texts);
        put_text(ret_record, i, arena_strdup(arena, text_at(ret_record, i)));
    }
}

/* A text that says the same stays where it is. */
static const char *text_taken_over(Arena *arena, const char *old, const char *new)
{
    if (text_same(old, new))
        return old;
    return new &&arena_holds(arena, new) ? new : arena_strdup(arena, new);
}

void record_update(const RecordType *type, Arena *arena, const void *from, void *record)
{
    const char *taken[RECORD_WORDS];
    uint64_t texts = layout_of(type)->texts, differ = 0;
    for (uint64_t left = texts; left; left &= left - 1) {
        size_t i = (size_t)__builtin_ctzll(left);
        const char *old = text_at(record, i), *new = text_at(from, i);
        if (old == new)
            continue;
        taken[i] = text_taken_over(arena, old, new);
        differ |= UINT64_C(1) << i;
    }
    memcpy(record, from, type->size);
    for (; differ; differ &= differ - 1) {
        size_t i = (size_t)__builtin_ctzll(differ);
        put_text(record, i, taken[i]);
    }
}

/* ---- from JSON -------------------------------------------------------------------------------- */

static const char *const expected[] = {
    [FIELD_TEXT] = "a text of at most 65536 bytes",
    [FIELD_NAME] = "one line of text of 1 to 200 bytes",
    [FIELD_INT] = "a whole number",
    [FIELD_BOOL] = "true or false",
    [FIELD_DATE] = "a date like \"2026-07-01\"",
    [FIELD_INSTANT] = "an instant like \"2026-07-01T06:00:00Z\"",
    [FIELD_AMOUNT] = "a whole number of minor units, such as cents",
    [FIELD_CURRENCY] = "an ISO 4217 code like \"USD\"",
    [FIELD_ZONE] = "a time zone like \"America/Chicago\"",
    [FIELD_JSON] = "a JSON value",
};

/* What a field takes, in words; caller frees. */
static char *expectation(const Field *field)
{
    if (field->type != FIELD_CHOICE)
        return g_strdup(expected[field->type]);
    g_autofree char *words = g_strjoinv(", ", (char **)field->choices);
    return g_strconcat("one of ", words, NULL);
}

static bool refuse(const RecordType *type, const Field *field, RecordError code, const json_t *came,
                   GError **error)
{
    g_autofree char *text = json_dumps(came, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
    g_autofree char *wanted = expectation(field);
    g_set_error(error, RECORD_ERROR, (gint)code, "%s.%s: expected %s, got %.100s", type->name,
                field->name, wanted, text ? text : "a value that is not valid");
    return false;
}

static bool is_one_line(const char *text)
{
    for (const char *p = text; *p; p = g_utf8_next_char(p)) {
        if (g_unichar_iscntrl(g_utf8_get_char(p)))
            return false;
    }
    return true;
}

/* The text of a JSON string that holds no NUL and fits; NULL otherwise. */
static const char *clean_text(const json_t *value, size_t max)
{
    const char *text = json_string_value(value);
    if (!text)
        return NULL;
    size_t n = json_string_length(value);
    return n <= max && strlen(text) == n ? text : NULL;
}

static bool read_text(const Field *field, const json_t *value, Arena *arena, void *record)
{
    size_t max = field->type == FIELD_TEXT ? TEXT_MAX_BYTES : NAME_MAX_BYTES;
    const char *text = clean_text(value, max);
    if (!text)
        return false;
    if (field->type == FIELD_NAME && (!*text || !is_one_line(text)))
        return false;
    if (field->type == FIELD_ZONE && !zone_get(text, NULL))
        return false;
    AT(const char *, record, field) = arena_strdup(arena, text);
    return true;
}

static bool read_choice(const Field *field, const json_t *value, void *record)
{
    const char *word = json_string_value(value);
    for (int i = 0; word && field->choices[i]; i++) {
        if (strcmp(field->choices[i], word) == 0) {
            AT(int, record, field) = i;
            return true;
        }
    }
    return false;
}

static bool read_integer(const Field *field, const json_t *value, void *record)
{
    if (!json_is_integer(value))
        return false;
    int64_t number = json_integer_value(value);
    if (number == AMOUNT_NONE)
        return false;
    AT(int64_t, record, field) = number;
    return true;
}

static bool read_json(const Field *field, const json_t *value, Arena *arena, void *record)
{
    g_autofree char *text = json_canonical(value);
    if (!text || strlen(text) > TEXT_MAX_BYTES)
        return false;
    AT(const char *, record, field) = arena_strdup(arena, text);
    return true;
}

static bool read_value(const Field *field, const json_t *value, Arena *arena, void *record)
{
    const char *text = clean_text(value, NAME_MAX_BYTES);
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_NAME:
    case FIELD_ZONE:
        return read_text(field, value, arena, record);
    case FIELD_INT:
    case FIELD_AMOUNT:
        return read_integer(field, value, record);
    case FIELD_BOOL:
        if (json_is_boolean(value))
            AT(bool, record, field) = json_is_true(value);
        return json_is_boolean(value);
    case FIELD_DATE:
        return text && date_parse(text, &AT(Date, record, field), NULL);
    case FIELD_INSTANT:
        return text && instant_parse(text, &AT(Instant, record, field), NULL);
    case FIELD_CURRENCY:
        return text && currency_parse(text, &AT(Currency, record, field), NULL);
    case FIELD_CHOICE:
        return read_choice(field, value, record);
    case FIELD_JSON:
        return read_json(field, value, arena, record);
    }
    g_assert_not_reached();
}

static json_type json_type_of(FieldType type)
{
    switch (type) {
    case FIELD_INT:
    case FIELD_AMOUNT:
        return JSON_INTEGER;
    case FIELD_BOOL:
        return JSON_TRUE;
    default:
        return JSON_STRING;
    }
}

static bool read_field(const RecordType *type, const Field *field, const json_t *value,
                       Arena *arena, void *record, GError **error)
{
    if (field->flags & FIELD_DERIVED) {
        g_set_error(error, RECORD_ERROR, RECORD_ERROR_VALUE,
                    "%s.%s: is kept by the hub and cannot be set from outside; leave it out",
                    type->name, field->name);
        return false;
    }
    if (json_is_null(value)) {
        set_absent(field, record);
        return !(field->flags & FIELD_REQUIRED) ||
               refuse(type, field, RECORD_ERROR_MISSING, value, error);
    }
    if (read_value(field, value, arena, record))
        return true;
    bool right_type = json_typeof(value) == json_type_of(field->type) || field->type == FIELD_JSON;
    return refuse(type, field, right_type ? RECORD_ERROR_VALUE : RECORD_ERROR_TYPE, value, error);
}

static bool refuse_unknown(const RecordType *type, const char *name, GError **error)
{
    const char *names[MAX_FIELDS + 1] = {NULL};
    for (size_t i = 0, n = 0; i < type->n_fields; i++) {
        if (!(type->fields[i].flags & FIELD_DERIVED))
            names[n++] = type->fields[i].name;
    }
    const char *nearest = diag_nearest(name, names);
    g_set_error(error, RECORD_ERROR, RECORD_ERROR_UNKNOWN_FIELD,
                "%s: unknown member '%.100s'%s%s%s", type->name, name,
                nearest ? ", did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    return false;
}

static const Field *field_by_name(const RecordType *type, const char *name)
{
    for (size_t i = 0; i < type->n_fields; i++) {
        if (strcmp(type->fields[i].name, name) == 0)
            return &type->fields[i];
    }
    return NULL;
}

static bool has_required(const RecordType *type, const uint64_t present[2], GError **error)
{
    for (size_t i = 0; i < type->n_fields; i++) {
        const Field *field = &type->fields[i];
        if (!(field->flags & FIELD_REQUIRED) || (field->flags & FIELD_DERIVED))
            continue;
        if (present[i / 64] & (UINT64_C(1) << (i % 64)))
            continue;
        g_autofree char *wanted = expectation(field);
        g_set_error(error, RECORD_ERROR, RECORD_ERROR_MISSING, "%s.%s: is missing; expected %s",
                    type->name, field->name, wanted);
        return false;
    }
    return true;
}

bool record_decode(const RecordType *type, const json_t *json, Arena *arena, void *ret_record,
                   uint64_t ret_present[2], GError **error)
{
    g_assert(type->n_fields <= MAX_FIELDS);
    if (!json_is_object(json)) {
        g_set_error(error, RECORD_ERROR, RECORD_ERROR_TYPE, "%s: expected a JSON object",
                    type->name);
        return false;
    }
    void *record = arena_alloc(arena, type->size);
    record_init(type, record);
    uint64_t present[2] = {0, 0};
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)json, name, value)
    {
        const Field *field = field_by_name(type, name);
        if (!field)
            return refuse_unknown(type, name, error);
        if (!read_field(type, field, value, arena, record, error))
            return false;
        size_t i = (size_t)(field - type->fields);
        present[i / 64] |= UINT64_C(1) << (i % 64);
    }
    if (!has_required(type, present, error))
        return false;
    memcpy(ret_record, record, type->size);
    memcpy(ret_present, present, sizeof present);
    return true;
}

bool record_from_json(const RecordType *type, const json_t *json, Arena *arena, void *ret_record,
                      GError **error)
{
    uint64_t present[2];
    return record_decode(type, json, arena, ret_record, present, error);
}

/* ---- to JSON ---------------------------------------------------------------------------------- */

static json_t *text_or_nothing(const char *text)
{
    return text ? json_string(text) : NULL;
}

json_t *record_field_to_json(const Field *field, const void *record)
{
    char buffer[32];
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_NAME:
    case FIELD_ZONE:
        return text_or_nothing(AT_CONST(char *, record, field));
    case FIELD_JSON: {
        const char *text = AT_CONST(char *, record, field);
        return text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
    }
    case FIELD_INT:
        return json_integer(AT_CONST(int64_t, record, field));
    case FIELD_BOOL:
        return json_boolean(AT_CONST(bool, record, field));
    case FIELD_DATE: {
        Date date = AT_CONST(Date, record, field);
        if (date == DATE_NEVER)
            return json_string("never");
        return date == DATE_NONE ? NULL : json_string(date_format(date, buffer));
    }
    case FIELD_INSTANT: {
        Instant instant = AT_CONST(Instant, record, field);
        if (instant == INSTANT_NEVER)
            return json_string("never");
        return instant == INSTANT_NONE ? NULL : json_string(instant_format(instant, buffer));
    }
    case FIELD_AMOUNT: {
        int64_t amount = AT_CONST(int64_t, record, field);
        return amount == AMOUNT_NONE ? NULL : json_integer(amount);
    }
    case FIELD_CURRENCY: {
        const char *code = AT_CONST(Currency, record, field).code;
        return *code ? json_string(code) : NULL;
    }
    case FIELD_CHOICE: {
        int choice = AT_CONST(int, record, field);
        return choice < 0 ? NULL : json_string(field->choices[choice]);
    }
    }
    g_assert_not_reached();
}

json_t *record_to_json(const RecordType *type, const void *record)
{
    json_t *object = json_object();
    for (size_t i = 0; i < type->n_fields; i++) {
        json_t *value = record_field_to_json(&type->fields[i], record);
        if (value)
            json_object_set_new(object, type->fields[i].name, value);
    }
    return object;
}
