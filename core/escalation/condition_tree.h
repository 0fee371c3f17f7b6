/* A compiled condition: what the parser makes, the evaluator walks and the explainer puts in words. Nesting is at most
 * CONDITION_MAX_DEPTH; chains of and, or, + and - are lists, so that walking them needs no stack. */
#ifndef DUNHUB_ESCALATION_CONDITION_TREE_H
#define DUNHUB_ESCALATION_CONDITION_TREE_H

#include "escalation/condition.h"

#define CONDITION_MAX_BYTES 4096
#define CONDITION_MAX_DEPTH 64

typedef enum { EXPR_LITERAL, EXPR_NAME, EXPR_APPROVED, EXPR_NOT, EXPR_AND, EXPR_OR, EXPR_COMPARE, EXPR_SUM } ExprKind;
typedef enum { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_IN } CompareOp;

typedef struct Expr Expr;
struct Expr {
    ExprKind kind;
    int type;          /* ConditionType, or TYPE_WRONG after a finding */
    int column;        /* of its first character */
    CompareOp op;      /* COMPARE */
    bool minus;        /* a term of a SUM: subtracted */
    Value literal;     /* LITERAL */
    size_t name;       /* NAME: index into the table */
    const char *what;  /* APPROVED */
    const Expr *first; /* operands */
    const Expr *next;
};
enum { TYPE_WRONG = -1 };

struct Condition {
    const Expr *root;
    const ConditionName *names;
    const size_t *reads; /* names it reads, each once */
    size_t n_reads;
    bool asks_approval;
};

/* The value of any expression; the root is read by condition_holds. */
Value expr_value(const Expr *expr, const ConditionScope *scope);
/* As a truth value: an absent one is false. */
bool expr_holds(const Expr *expr, const ConditionScope *scope);

#endif
