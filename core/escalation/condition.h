/* The typed condition language: `age >= 8 and overdue > money("10.00 USD") and segment == "vip"`. Compiled once, no
 * coercion, one type per name known at load. Grammar: condition_parse.c; for users: docs/reference/conditions.md. Pure. */
#ifndef DUNHUB_ESCALATION_CONDITION_H
#define DUNHUB_ESCALATION_CONDITION_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/money.h"
#include "base/date.h"

typedef enum { TYPE_BOOL, TYPE_INT, TYPE_TEXT, TYPE_MONEY, TYPE_DATE, TYPE_DAYS, TYPE_LIST /* of text */ } ConditionType;

typedef struct {
    ConditionType type;
    bool absent; /* any comparison with an absent value is false */
    union {
        bool boolean;
        int64_t integer;
        const char *text;
        Money money;
        Date date;
        const char *const *list; /* NULL-ended */
    } as;
} Value;

typedef struct {
    const char *name; /* "age", "account.kind" */
    ConditionType type;
    const char *doc;
} ConditionName;

/* What the names mean where the condition is asked: an index into the name table in, a value out. */
typedef struct {
    Value (*value)(const void *context, size_t name);
    bool (*approved)(const void *context, const char *what);
    const void *context;
} ConditionScope;

typedef struct Condition Condition;
/* place: of the first character of text, so that a finding points into the line. NULL and diagnostics on errors. */
const Condition *condition_compile(const char *text, DiagPlace place, const ConditionName *names, size_t n_names, Arena *arena,
                                   Diags *diags);
bool condition_holds(const Condition *condition, const ConditionScope *scope);
/* In words, with the values seen: "age 12 is at least 8, and segment is "vip"". Arena text. */
const char *condition_explain(const Condition *condition, const ConditionScope *scope, Arena *arena);
/* true if any name of the list (NULL-ended) is read: for the sparse schedule and for `check`. */
bool condition_reads(const Condition *condition, const char *name);

#endif
