/* Lexer, parser and type checker of conditions.
 *
 *   expr := and ("or" and)*
 *   and  := not ("and" not)*
 *   not  := "not" not | cmp
 *   cmp  := sum (op sum)?
 *   op   := "==" | "!=" | "<" | "<=" | ">" | ">=" | "in"
 *   sum  := term (("+" | "-") term)*
 *   term := number | text | "[" text, … "]" | money("10.00 USD") | date("2026-07-01") | days(5)
 *         | approved("what") | name ("." name)* | true | false | "(" expr ")"
 *
 * A syntax error ends the reading; findings about names and types are all reported. */
#include "escalation/condition_tree.h"

#include "config/amount.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef enum { TOKEN_END, TOKEN_NUMBER, TOKEN_TEXT, TOKEN_NAME, TOKEN_SIGN, TOKEN_BAD } TokenKind;

typedef struct {
    TokenKind kind;
    int column;
    const char *written; /* NAME, SIGN: itself; others: as it stands in the condition */
    const char *text;    /* TEXT: without quotes and escapes */
    int64_t number;
} Token;

typedef struct {
    const char *rest;
    int column; /* of rest, from 0 */
    Token token;
    DiagPlace place;
    const ConditionName *names;
    size_t n_names;
    Arena *arena;
    Diags *diags;
    int depth;
    bool broken; /* syntax: nothing more is read */
    bool wrong;  /* names or types */
    bool asks_approval;
    size_t *reads;
    size_t n_reads;
} Parser;

static DiagPlace at(const Parser *parser, int column)
{
    DiagPlace place = parser->place;
    place.column += column;
    return place;
}

/* ---- tokens ---- */

static int code_points(const char *from, size_t bytes)
{
    return (int)g_utf8_strlen(from, (gssize)bytes);
}

static void take(Parser *parser, TokenKind kind, size_t bytes)
{
    parser->token.kind = kind;
    parser->token.column = parser->column;
    parser->token.written = arena_strndup(parser->arena, parser->rest, bytes);
    parser->column += code_points(parser->rest, bytes);
    parser->rest += bytes;
}

static void bad_token(Parser *parser, size_t bytes, const char *advice)
{
    if (!parser->broken)
        diags_add(parser->diags, "C041", at(parser, parser->column), "%s", advice);
    parser->broken = true;
    take(parser, TOKEN_BAD, bytes);
}

static void next_number(Parser *parser)
{
    size_t bytes = strspn(parser->rest, "0123456789");
    if (parser->rest[bytes] == '.' && g_ascii_isdigit(parser->rest[bytes + 1])) {
        bad_token(parser, bytes, "numbers are whole; an amount is written money(\"10.50 USD\")");
        return;
    }
    errno = 0;
    long long number = strtoll(parser->rest, NULL, 10);
    if (errno == ERANGE) {
        bad_token(parser, bytes, "the number is too large");
        return;
    }
    take(parser, TOKEN_NUMBER, bytes);
    parser->token.number = number;
}

static void next_text(Parser *parser)
{
    char quote = parser->rest[0];
    g_autoptr(GString) text = g_string_new(NULL);
    const char *p = parser->rest + 1;
    for (; *p && *p != quote; p++) {
        if (*p == '\\' && (p[1] == '\\' || p[1] == quote))
            p++;
        g_string_append_c(text, *p);
    }
    if (!*p) {
        bad_token(parser, strlen(parser->rest), "the text that begins here has no closing quote");
        return;
    }
    take(parser, TOKEN_TEXT, (size_t)(p + 1 - parser->rest));
    parser->token.text = arena_strdup(parser->arena, text->str);
}

static bool is_name_character(char c)
{
    return g_ascii_isalnum(c) || c == '_';
}

/* Dots belong to a name only where another letter follows. */
static void next_name(Parser *parser)
{
    size_t bytes = 0;
    while (is_name_character(parser->rest[bytes]) ||
           (parser->rest[bytes] == '.' && g_ascii_isalpha(parser->rest[bytes + 1])))
        bytes++;
    take(parser, TOKEN_NAME, bytes);
}

static void next_sign(Parser *parser)
{
    static const char *const signs[] = {"==", "!=", "<=", ">=", "<", ">", "+",
                                        "-",  "(",  ")",  "[",  "]", ","};
    static const char *const slips[][2] = {{"=", "write '==' to compare"},
                                           {"&", "write 'and'"},
                                           {"|", "write 'or'"},
                                           {"!", "write 'not'"}};
    for (size_t i = 0; i < G_N_ELEMENTS(signs); i++) {
        if (g_str_has_prefix(parser->rest, signs[i])) {
            take(parser, TOKEN_SIGN, strlen(signs[i]));
            return;
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(slips); i++) {
        if (parser->rest[0] == slips[i][0][0]) {
            bad_token(parser, 1, slips[i][1]);
            return;
        }
    }
    size_t bytes = (size_t)(g_utf8_next_char(parser->rest) - parser->rest);
    g_autofree char *advice =
        g_strdup_printf("'%.*s' has no meaning in a condition", (int)bytes, parser->rest);
    bad_token(parser, bytes, advice);
}

static void advance(Parser *parser)
{
    while (g_ascii_isspace(*parser->rest)) {
        parser->rest++;
        parser->column++;
    }
    char c = *parser->rest;
    if (c == '\0')
        take(parser, TOKEN_END, 0);
    else if (g_ascii_isdigit(c))
        next_number(parser);
    else if (c == '"' || c == '\'')
        next_text(parser);
    else if (g_ascii_isalpha(c) || c == '_')
        next_name(parser);
    else
        next_sign(parser);
}

static bool sees(const Parser *parser, TokenKind kind, const char *written)
{
    return parser->token.kind == kind && strcmp(parser->token.written, written) == 0;
}

static bool accept(Parser *parser, TokenKind kind, const char *written)
{
    if (!sees(parser, kind, written))
        return false;
    advance(parser);
    return true;
}

static void expected(Parser *parser, const char *what)
{
    if (parser->broken)
        return;
    parser->broken = true;
    DiagPlace place = at(parser, parser->token.column);
    if (parser->token.kind == TOKEN_END)
        diags_add(parser->diags, "C041", place, "expected %s, found the end of the condition",
                  what);
    else
        diags_add(parser->diags, "C041", place, "expected %s, found '%s'", what,
                  parser->token.written);
}

static void require(Parser *parser, const char *sign)
{
    g_autofree char *quoted = g_strdup_printf("'%s'", sign);
    if (!accept(parser, TOKEN_SIGN, sign))
        expected(parser, quoted);
}

/* ---- types ---- */

static const char *type_name(int type)
{
    static const char *const names[] = {
        [TYPE_BOOL] = "true or false",   [TYPE_INT] = "a whole number",
        [TYPE_TEXT] = "a text",          [TYPE_MONEY] = "an amount",
        [TYPE_DATE] = "a date",          [TYPE_DAYS] = "a number of days",
        [TYPE_LIST] = "a list of texts",
    };
    return names[type];
}

static Expr *expr_new(Parser *parser, ExprKind kind, int type, int column)
{
    Expr *expr = arena_new0(parser->arena, Expr, 1);
    expr->kind = kind;
    expr->type = type;
    expr->column = column;
    return expr;
}

static Expr *literal(Parser *parser, ConditionType type, int column)
{
    Expr *expr = expr_new(parser, EXPR_LITERAL, (int)type, column);
    expr->literal.type = type;
    return expr;
}

/* The two slips everybody makes: a bare number where an amount or a number of days belongs. */
static const char *unit_hint(int a, int b)
{
    int other = a == TYPE_INT ? b : b == TYPE_INT ? a : TYPE_INT;
    if (other == TYPE_MONEY)
        return "; an amount is written money(\"10.00 USD\")";
    return other == TYPE_DAYS ? "; a number of days is written days(5)" : "";
}

static void wrong_pair(Parser *parser, int column, const char *verb, int a, const char *word, int b)
{
    diags_add(parser->diags, "C043", at(parser, column), "cannot %s %s %s %s%s", verb, type_name(a),
              word, type_name(b), unit_hint(a, b));
    parser->wrong = true;
}

static void need_bool(Parser *parser, const Expr *expr, const char *word)
{
    if (expr->type == TYPE_BOOL || expr->type == TYPE_WRONG)
        return;
    diags_add(parser->diags, "C043", at(parser, expr->column),
              "'%s' needs true or false here, this is %s", word, type_name(expr->type));
    parser->wrong = true;
}

/* The currency of an amount written out, "" where only the moment tells. */
static Currency known_currency(const Expr *expr)
{
    Currency none = {""};
    if (expr->kind == EXPR_LITERAL && expr->type == TYPE_MONEY)
        return expr->literal.as.money.currency;
    if (expr->kind == EXPR_SUM && expr->type == TYPE_MONEY)
        for (const Expr *term = expr->first; term; term = term->next)
            if (known_currency(term).code[0])
                return known_currency(term);
    return none;
}

static bool one_currency(Parser *parser, const Expr *a, const Expr *b, int column)
{
    Currency x = known_currency(a), y = known_currency(b);
    if (!x.code[0] || !y.code[0] || currency_equal(x, y))
        return true;
    diags_add(parser->diags, "C044", at(parser, column), "%s and %s cannot be compared or added",
              x.code, y.code);
    parser->wrong = true;
    return false;
}

static int compared_type(Parser *parser, const Expr *a, const Expr *b, CompareOp op, int column)
{
    if (a->type == TYPE_WRONG || b->type == TYPE_WRONG)
        return TYPE_BOOL;
    if (op == OP_IN) {
        if (a->type != TYPE_TEXT || b->type != TYPE_LIST) {
            diags_add(parser->diags, "C043", at(parser, column),
                      "'in' looks for a text in a list of texts, not for %s in %s",
                      type_name(a->type), type_name(b->type));
            parser->wrong = true;
        }
        return TYPE_BOOL;
    }
    if (a->type != b->type || a->type == TYPE_LIST) {
        wrong_pair(parser, column, "compare", a->type, "with", b->type);
        return TYPE_BOOL;
    }
    if (op != OP_EQ && op != OP_NE && (a->type == TYPE_TEXT || a->type == TYPE_BOOL)) {
        diags_add(parser->diags, "C043", at(parser, column), "%s has no order; use '==' or '!='",
                  type_name(a->type));
        parser->wrong = true;
        return TYPE_BOOL;
    }
    one_currency(parser, a, b, column);
    return TYPE_BOOL;
}

static int added_type(Parser *parser, const Expr *a, const Expr *b, int sum_type, bool minus,
                      int column)
{
    if (sum_type == TYPE_WRONG || b->type == TYPE_WRONG)
        return TYPE_WRONG;
    bool same = sum_type == b->type &&
                (sum_type == TYPE_INT || sum_type == TYPE_MONEY || sum_type == TYPE_DAYS);
    if (same)
        return sum_type != TYPE_MONEY || one_currency(parser, a, b, column) ? sum_type : TYPE_WRONG;
    if (sum_type == TYPE_DATE && b->type == TYPE_DAYS)
        return TYPE_DATE;
    if (sum_type == TYPE_DATE && b->type == TYPE_DATE && minus)
        return TYPE_DAYS;
    if (minus)
        wrong_pair(parser, column, "subtract", b->type, "from", sum_type);
    else
        wrong_pair(parser, column, "add", b->type, "to", sum_type);
    return TYPE_WRONG;
}

/* ---- terms ---- */

static Expr *parse_or(Parser *parser);

static Expr *parse_text(Parser *parser)
{
    Expr *expr = literal(parser, TYPE_TEXT, parser->token.column);
    expr->literal.as.text = parser->token.text;
    advance(parser);
    return expr;
}

static Expr *parse_list(Parser *parser)
{
    Expr *expr = literal(parser, TYPE_LIST, parser->token.column);
    g_autoptr(GPtrArray) texts = g_ptr_array_new();
    advance(parser);
    while (!parser->broken && !sees(parser, TOKEN_SIGN, "]")) {
        if (parser->token.kind != TOKEN_TEXT) {
            expected(parser, "a text in quotes");
            return expr;
        }
        g_ptr_array_add(texts, (gpointer)parser->token.text);
        advance(parser);
        if (!accept(parser, TOKEN_SIGN, ","))
            break;
    }
    require(parser, "]");
    g_ptr_array_add(texts, NULL);
    expr->literal.as.list = arena_dup(parser->arena, texts->pdata, texts->len * sizeof(char *));
    return expr;
}

static bool read_argument(Parser *parser, const char *function, Expr *expr)
{
    const Token *token = &parser->token;
    g_autoptr(GError) error = NULL;
    bool good = true;
    if (strcmp(function, "money") == 0)
        good = amount_parse(token->text, &expr->literal.as.money, &error);
    else if (strcmp(function, "date") == 0)
        good = date_parse(token->text, &expr->literal.as.date, &error);
    else if (strcmp(function, "days") == 0)
        expr->literal.as.integer = token->number;
    else
        expr->what = token->text;
    if (!good)
        diags_add(parser->diags, "C041", at(parser, token->column), "%s", error->message);
    parser->wrong = parser->wrong || !good;
    return good;
}

/* money("…") date("…") days(n) approved("…"): the name has been read, '(' is next. */
static Expr *parse_call(Parser *parser, const char *function, int column)
{
    static const struct {
        const char *name;
        ConditionType type;
        TokenKind argument;
        const char *expected;
    } functions[] = {
        {"money", TYPE_MONEY, TOKEN_TEXT, "an amount such as \"10.00 USD\""},
        {"date", TYPE_DATE, TOKEN_TEXT, "a date such as \"2026-07-01\""},
        {"days", TYPE_DAYS, TOKEN_NUMBER, "a whole number"},
        {"approved", TYPE_BOOL, TOKEN_TEXT, "what is approved, such as \"legal\""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(functions); i++) {
        if (strcmp(functions[i].name, function) != 0)
            continue;
        Expr *expr = literal(parser, functions[i].type, column);
        if (functions[i].type == TYPE_BOOL) {
            expr->kind = EXPR_APPROVED;
            parser->asks_approval = true;
        }
        advance(parser);
        if (parser->token.kind != functions[i].argument) {
            expected(parser, functions[i].expected);
            return expr;
        }
        if (!read_argument(parser, function, expr))
            expr->type = TYPE_WRONG;
        advance(parser);
        require(parser, ")");
        return expr;
    }
    static const char *const known[] = {"money", "date", "days", "approved", NULL};
    const char *near = diag_nearest(function, known);
    if (near)
        diags_add(parser->diags, "C042", at(parser, column),
                  "there is no '%s(…)', did you mean '%s'?", function, near);
    else
        diags_add(parser->diags, "C042", at(parser, column),
                  "there is no '%s(…)', only money, date, days and approved", function);
    parser->broken = true;
    return expr_new(parser, EXPR_LITERAL, TYPE_WRONG, column);
}

static void note_read(Parser *parser, size_t name)
{
    for (size_t i = 0; i < parser->n_reads; i++)
        if (parser->reads[i] == name)
            return;
    parser->reads[parser->n_reads++] = name;
}

static Expr *unknown_name(Parser *parser, const char *name, int column)
{
    g_autofree const char **candidates = g_new0(const char *, parser->n_names + 1);
    for (size_t i = 0; i < parser->n_names; i++)
        candidates[i] = parser->names[i].name;
    const char *near = diag_nearest(name, candidates);
    if (near)
        diags_add(parser->diags, "C042", at(parser, column),
                  "unknown name '%s', did you mean '%s'?", name, near);
    else
        diags_add(parser->diags, "C042", at(parser, column),
                  "unknown name '%s'; a text is written in quotes", name);
    parser->wrong = true;
    return expr_new(parser, EXPR_NAME, TYPE_WRONG, column);
}

static Expr *parse_name(Parser *parser)
{
    const char *name = parser->token.written;
    int column = parser->token.column;
    advance(parser);
    if (sees(parser, TOKEN_SIGN, "("))
        return parse_call(parser, name, column);
    if (strcmp(name, "true") == 0 || strcmp(name, "false") == 0) {
        Expr *expr = literal(parser, TYPE_BOOL, column);
        expr->literal.as.boolean = name[0] == 't';
        return expr;
    }
    for (size_t i = 0; i < parser->n_names; i++) {
        if (strcmp(parser->names[i].name, name) != 0)
            continue;
        Expr *expr = expr_new(parser, EXPR_NAME, (int)parser->names[i].type, column);
        expr->name = i;
        note_read(parser, i);
        return expr;
    }
    return unknown_name(parser, name, column);
}

static bool enter(Parser *parser)
{
    if (++parser->depth <= CONDITION_MAX_DEPTH)
        return true;
    if (!parser->broken)
        diags_add(parser->diags, "C045", at(parser, parser->token.column),
                  "nested deeper than %d levels", CONDITION_MAX_DEPTH);
    parser->broken = true;
    return false;
}

static bool is_word(const Token *token)
{
    static const char *const words[] = {"and", "or", "not", "in", NULL};
    return token->kind == TOKEN_NAME && g_strv_contains(words, token->written);
}

static Expr *parse_term(Parser *parser)
{
    int column = parser->token.column;
    if (parser->token.kind == TOKEN_TEXT)
        return parse_text(parser);
    if (parser->token.kind == TOKEN_NAME && !is_word(&parser->token))
        return parse_name(parser);
    if (sees(parser, TOKEN_SIGN, "["))
        return parse_list(parser);
    bool negative = accept(parser, TOKEN_SIGN, "-");
    if (parser->token.kind == TOKEN_NUMBER) {
        Expr *expr = literal(parser, TYPE_INT, column);
        expr->literal.as.integer = negative ? -parser->token.number : parser->token.number;
        advance(parser);
        return expr;
    }
    Expr *expr = expr_new(parser, EXPR_LITERAL, TYPE_WRONG, column);
    if (!negative && sees(parser, TOKEN_SIGN, "(") && enter(parser)) {
        advance(parser);
        expr = parse_or(parser);
        require(parser, ")");
        parser->depth--;
        return expr;
    }
    expected(parser, negative ? "a number" : "a value");
    return expr;
}

/* ---- operators ---- */

static void chain(Expr *parent, Expr **last, Expr *child)
{
    if (*last)
        (*last)->next = child;
    else
        parent->first = child;
    *last = child;
}

static Expr *parse_sum(Parser *parser)
{
    Expr *first = parse_term(parser), *sum = NULL, *last = NULL;
    while (!parser->broken && (sees(parser, TOKEN_SIGN, "+") || sees(parser, TOKEN_SIGN, "-"))) {
        bool minus = sees(parser, TOKEN_SIGN, "-");
        int column = parser->token.column;
        advance(parser);
        Expr *term = parse_term(parser);
        if (!sum) {
            sum = expr_new(parser, EXPR_SUM, first->type, first->column);
            chain(sum, &last, first);
        }
        if (!parser->broken)
            sum->type = added_type(parser, sum, term, sum->type, minus, column);
        term->minus = minus;
        chain(sum, &last, term);
    }
    return sum ? sum : first;
}

static bool compare_op(const Parser *parser, CompareOp *ret_op)
{
    static const char *const signs[] = {"==", "!=", "<", "<=", ">", ">="};
    if (sees(parser, TOKEN_NAME, "in")) {
        *ret_op = OP_IN;
        return true;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(signs); i++) {
        if (sees(parser, TOKEN_SIGN, signs[i])) {
            *ret_op = (CompareOp)i;
            return true;
        }
    }
    return false;
}

static Expr *parse_compare(Parser *parser)
{
    Expr *left = parse_sum(parser), *last = NULL;
    CompareOp op;
    if (parser->broken || !compare_op(parser, &op))
        return left;
    int column = parser->token.column;
    advance(parser);
    Expr *right = parse_sum(parser);
    Expr *expr = expr_new(parser, EXPR_COMPARE, TYPE_BOOL, left->column);
    expr->op = op;
    if (!parser->broken)
        compared_type(parser, left, right, op, column);
    chain(expr, &last, left);
    chain(expr, &last, right);
    return expr;
}

static Expr *parse_not(Parser *parser)
{
    int column = parser->token.column;
    if (!accept(parser, TOKEN_NAME, "not"))
        return parse_compare(parser);
    Expr *expr = expr_new(parser, EXPR_NOT, TYPE_BOOL, column), *last = NULL;
    if (!enter(parser))
        return expr;
    Expr *inner = parse_not(parser);
    parser->depth--;
    need_bool(parser, inner, "not");
    chain(expr, &last, inner);
    return expr;
}

static Expr *parse_chain(Parser *parser, const char *word, ExprKind kind,
                         Expr *(*part)(Parser *parser))
{
    Expr *first = part(parser), *expr = NULL, *last = NULL;
    while (!parser->broken && accept(parser, TOKEN_NAME, word)) {
        if (!expr) {
            expr = expr_new(parser, kind, TYPE_BOOL, first->column);
            chain(expr, &last, first);
            need_bool(parser, first, word);
        }
        Expr *next = part(parser);
        if (!parser->broken)
            need_bool(parser, next, word);
        chain(expr, &last, next);
    }
    return expr ? expr : first;
}

static Expr *parse_and(Parser *parser)
{
    return parse_chain(parser, "and", EXPR_AND, parse_not);
}

static Expr *parse_or(Parser *parser)
{
    return parse_chain(parser, "or", EXPR_OR, parse_and);
}

const Condition *condition_compile(const char *text, DiagPlace place, const ConditionName *names,
                                   size_t n_names, Arena *arena, Diags *diags)
{
    if (strlen(text) > CONDITION_MAX_BYTES || !g_utf8_validate(text, -1, NULL)) {
        diags_add(diags, "C045", place, "a condition is UTF-8 of at most %d bytes",
                  CONDITION_MAX_BYTES);
        return NULL;
    }
    Parser parser = {.rest = text,
                     .place = place,
                     .names = names,
                     .n_names = n_names,
                     .arena = arena,
                     .diags = diags,
                     .reads = arena_new0(arena, size_t, n_names)};
    advance(&parser);
    const Expr *root = parse_or(&parser);
    if (!parser.broken && parser.token.kind != TOKEN_END)
        expected(&parser, "'and', 'or' or the end");
    if (!parser.broken && root->type != TYPE_BOOL && root->type != TYPE_WRONG) {
        diags_add(diags, "C043", at(&parser, root->column),
                  "a condition must be true or false, this is %s; compare it with something",
                  type_name(root->type));
        parser.wrong = true;
    }
    if (parser.broken || parser.wrong)
        return NULL;
    Condition *condition = arena_new0(arena, Condition, 1);
    *condition = (Condition){root, names, parser.reads, parser.n_reads, parser.asks_approval};
    return condition;
}
