/* A condition in words, with the values seen: what `explain` shows and legal reads. */
#include "escalation/condition_tree.h"

#include <inttypes.h>
#include <string.h>

typedef struct {
    GString *out;
    const Condition *condition;
    const ConditionScope *scope;
} Speaker;

static void say_list(GString *out, const char *const *list)
{
    for (size_t i = 0; list[i]; i++)
        g_string_append_printf(out, "%s\"%s\"", i ? ", " : "", list[i]);
}

static void say_value(GString *out, const Value *value)
{
    char date[16];
    g_autofree char *decimal = NULL;
    switch (value->type) {
    case TYPE_BOOL:
        g_string_append(out, value->as.boolean ? "true" : "false");
        return;
    case TYPE_TEXT:
        g_string_append_printf(out, "\"%s\"", value->as.text);
        return;
    case TYPE_MONEY:
        decimal = money_to_decimal(value->as.money);
        g_string_append_printf(out, "%s %s", decimal, value->as.money.currency.code);
        return;
    case TYPE_DATE:
        g_string_append(out, date_format(value->as.date, date));
        return;
    case TYPE_DAYS:
        g_string_append_printf(out, "%" PRId64 " %s", value->as.integer,
                               value->as.integer == 1 ? "day" : "days");
        return;
    case TYPE_LIST:
        say_list(out, value->as.list);
        return;
    default:
        g_string_append_printf(out, "%" PRId64, value->as.integer);
    }
}

/* How an operand was written: the name, the literal, the sum of them. */
static void say_written(Speaker *speaker, const Expr *expr)
{
    if (expr->kind == EXPR_NAME) {
        g_string_append(speaker->out, speaker->condition->names[expr->name].name);
    } else if (expr->kind == EXPR_SUM) {
        for (const Expr *term = expr->first; term; term = term->next) {
            if (term != expr->first)
                g_string_append(speaker->out, term->minus ? " - " : " + ");
            say_written(speaker, term);
        }
    } else {
        Value value = expr_value(expr, speaker->scope);
        say_value(speaker->out, &value);
    }
}

static void say_operand(Speaker *speaker, const Expr *expr, const Value *value)
{
    say_written(speaker, expr);
    if (expr->kind == EXPR_LITERAL)
        return;
    g_string_append(speaker->out, expr->kind == EXPR_SUM ? " = " : " ");
    if (value->absent)
        g_string_append(speaker->out, "(not known)");
    else
        say_value(speaker->out, value);
}

/* 'segment is "vip"', 'segment is "standard", not "vip"': the value stands for both sides. */
static void say_equality(Speaker *speaker, const Expr *expr, const Value *left, const Value *right,
                         bool equal)
{
    say_written(speaker, expr->first);
    g_string_append(speaker->out, " is ");
    say_value(speaker->out, left);
    if (equal)
        return;
    g_string_append(speaker->out, ", not ");
    if (expr->first->next->kind == EXPR_LITERAL)
        say_value(speaker->out, right);
    else
        say_operand(speaker, expr->first->next, right);
}

static const char *order_words(CompareOp op, ConditionType type, bool holds)
{
    static const char *const numbers[][2] = {[OP_LT] = {"is not less than", "is less than"},
                                             [OP_LE] = {"is not at most", "is at most"},
                                             [OP_GT] = {"is not more than", "is more than"},
                                             [OP_GE] = {"is not at least", "is at least"},
                                             [OP_IN] = {"is none of", "is one of"}};
    static const char *const dates[][2] = {[OP_LT] = {"is not before", "is before"},
                                           [OP_LE] = {"is not on or before", "is on or before"},
                                           [OP_GT] = {"is not after", "is after"},
                                           [OP_GE] = {"is not on or after", "is on or after"}};
    return type == TYPE_DATE ? dates[op][holds] : numbers[op][holds];
}

static void say_compare(Speaker *speaker, const Expr *expr)
{
    Value left = expr_value(expr->first, speaker->scope),
          right = expr_value(expr->first->next, speaker->scope);
    bool holds = expr_holds(expr, speaker->scope);
    bool comparable = !left.absent && !right.absent &&
                      (left.type != TYPE_MONEY ||
                       currency_equal(left.as.money.currency, right.as.money.currency));
    if (comparable && (expr->op == OP_EQ || expr->op == OP_NE)) {
        say_equality(speaker, expr, &left, &right, holds == (expr->op == OP_EQ));
        return;
    }
    say_operand(speaker, expr->first, &left);
    g_string_append_printf(speaker->out, " %s ",
                           comparable ? order_words(expr->op, left.type, holds)
                                      : "cannot be compared with");
    say_operand(speaker, expr->first->next, &right);
}

static void say(Speaker *speaker, const Expr *expr);

static void say_part(Speaker *speaker, const Expr *part)
{
    bool group = part->kind == EXPR_AND || part->kind == EXPR_OR;
    g_string_append(speaker->out, group ? "(" : "");
    say(speaker, part);
    g_string_append(speaker->out, group ? ")" : "");
}

static void say_chain(Speaker *speaker, const Expr *expr, const char *word)
{
    for (const Expr *part = expr->first; part; part = part->next) {
        if (part != expr->first)
            g_string_append_printf(speaker->out, ", %s ", word);
        say_part(speaker, part);
    }
}

static void say_truth(Speaker *speaker, const Expr *expr)
{
    Value value = expr_value(expr, speaker->scope);
    say_written(speaker, expr);
    if (expr->kind == EXPR_NAME)
        g_string_append(speaker->out, value.absent       ? " is not known"
                                      : value.as.boolean ? " is true"
                                                         : " is false");
}

static void say(Speaker *speaker, const Expr *expr)
{
    switch (expr->kind) {
    case EXPR_AND:
        say_chain(speaker, expr, "and");
        return;
    case EXPR_OR:
        say_chain(speaker, expr, "or");
        return;
    case EXPR_NOT:
        g_string_append(speaker->out, "not (");
        say(speaker, expr->first);
        g_string_append_c(speaker->out, ')');
        return;
    case EXPR_COMPARE:
        say_compare(speaker, expr);
        return;
    case EXPR_APPROVED:
        g_string_append_printf(speaker->out, "approval \"%s\" is %sgiven", expr->what,
                               expr_holds(expr, speaker->scope) ? "" : "not ");
        return;
    default:
        say_truth(speaker, expr);
    }
}

const char *condition_explain(const Condition *condition, const ConditionScope *scope, Arena *arena)
{
    g_autoptr(GString) out = g_string_new(NULL);
    Speaker speaker = {out, condition, scope};
    say(&speaker, condition->root);
    return arena_strdup(arena, out->str);
}
