/* Evaluation: a walk over the tree, no allocation. Absent values make every comparison false. */
#include "escalation/condition_tree.h"

#include <string.h>

static Value absent_of(ConditionType type)
{
    return (Value){.type = type, .absent = true};
}

static Value truth(bool value)
{
    return (Value){.type = TYPE_BOOL, .as.boolean = value};
}

/* Days travel as integers. */
static bool add_integers(int64_t a, int64_t b, bool minus, int64_t *ret)
{
    return minus ? !__builtin_sub_overflow(a, b, ret) : !__builtin_add_overflow(a, b, ret);
}

static Value add_to_date(Date date, int64_t days, bool minus)
{
    int64_t sum;
    if (!add_integers(date, days, minus, &sum) || sum <= DATE_NONE || sum >= DATE_NEVER)
        return absent_of(TYPE_DATE);
    return (Value){.type = TYPE_DATE, .as.date = (Date)sum};
}

static Value add(Value a, Value b, bool minus)
{
    ConditionType type = a.type == TYPE_DATE && b.type == TYPE_DATE ? TYPE_DAYS : a.type;
    Value sum = {.type = type};
    if (a.absent || b.absent)
        return absent_of(type);
    if (a.type == TYPE_DATE && b.type == TYPE_DATE) {
        sum.as.integer = (int64_t)a.as.date - b.as.date;
        return sum;
    }
    if (a.type == TYPE_DATE)
        return add_to_date(a.as.date, b.as.integer, minus);
    if (a.type == TYPE_MONEY) {
        sum.as.money = a.as.money;
        bool good = currency_equal(a.as.money.currency, b.as.money.currency) &&
                    add_integers(a.as.money.minor, b.as.money.minor, minus, &sum.as.money.minor);
        return good ? sum : absent_of(type);
    }
    return add_integers(a.as.integer, b.as.integer, minus, &sum.as.integer) ? sum : absent_of(type);
}

static Value sum_value(const Expr *expr, const ConditionScope *scope)
{
    Value total = expr_value(expr->first, scope);
    for (const Expr *term = expr->first->next; term; term = term->next)
        total = add(total, expr_value(term, scope), term->minus);
    return total;
}

static int compare_integers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* False where the two cannot be compared: amounts of two currencies. */
static bool compare(const Value *a, const Value *b, int *ret_order)
{
    switch (a->type) {
    case TYPE_BOOL:
        *ret_order = compare_integers(a->as.boolean, b->as.boolean);
        return true;
    case TYPE_TEXT:
        *ret_order = strcmp(a->as.text, b->as.text);
        return true;
    case TYPE_DATE:
        *ret_order = compare_integers(a->as.date, b->as.date);
        return true;
    case TYPE_MONEY:
        *ret_order = compare_integers(a->as.money.minor, b->as.money.minor);
        return currency_equal(a->as.money.currency, b->as.money.currency);
    default:
        *ret_order = compare_integers(a->as.integer, b->as.integer);
        return true;
    }
}

static bool is_in(const char *text, const char *const *list)
{
    for (size_t i = 0; list[i]; i++)
        if (strcmp(list[i], text) == 0)
            return true;
    return false;
}

static bool comparison_holds(const Expr *expr, const ConditionScope *scope)
{
    Value a = expr_value(expr->first, scope), b = expr_value(expr->first->next, scope);
    if (a.absent || b.absent)
        return false;
    if (expr->op == OP_IN)
        return is_in(a.as.text, b.as.list);
    int order;
    if (!compare(&a, &b, &order))
        return false;
    switch (expr->op) {
    case OP_EQ:
        return order == 0;
    case OP_NE:
        return order != 0;
    case OP_LT:
        return order < 0;
    case OP_LE:
        return order <= 0;
    case OP_GT:
        return order > 0;
    default:
        return order >= 0;
    }
}

bool expr_holds(const Expr *expr, const ConditionScope *scope)
{
    Value value;
    switch (expr->kind) {
    case EXPR_AND:
        for (const Expr *part = expr->first; part; part = part->next)
            if (!expr_holds(part, scope))
                return false;
        return true;
    case EXPR_OR:
        for (const Expr *part = expr->first; part; part = part->next)
            if (expr_holds(part, scope))
                return true;
        return false;
    case EXPR_NOT:
        return !expr_holds(expr->first, scope);
    case EXPR_COMPARE:
        return comparison_holds(expr, scope);
    case EXPR_APPROVED:
        return scope->approved(scope->context, expr->what);
    default:
        value = expr_value(expr, scope);
        return !value.absent && value.as.boolean;
    }
}

Value expr_value(const Expr *expr, const ConditionScope *scope)
{
    switch (expr->kind) {
    case EXPR_LITERAL:
        return expr->literal;
    case EXPR_NAME:
        return scope->value(scope->context, expr->name);
    case EXPR_SUM:
        return sum_value(expr, scope);
    default:
        return truth(expr_holds(expr, scope));
    }
}

bool condition_holds(const Condition *condition, const ConditionScope *scope)
{
    return expr_holds(condition->root, scope);
}

bool condition_reads(const Condition *condition, const char *name)
{
    if (strcmp(name, "approved") == 0 && condition->asks_approval)
        return true;
    for (size_t i = 0; i < condition->n_reads; i++)
        if (strcmp(condition->names[condition->reads[i]].name, name) == 0)
            return true;
    return false;
}
