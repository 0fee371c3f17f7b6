/* What a compiled template is made of: shared by the reader and the writer of templates, by nobody else. */
#ifndef DUNHUB_NOTICE_TEMPLATE_TREE_H
#define DUNHUB_NOTICE_TEMPLATE_TREE_H

#include "notice/template.h"

typedef enum { PART_TEXT, PART_VALUE, PART_SECTION, PART_INVERTED, PART_PARTIAL } PartKind;

typedef struct Part Part;
struct Part {
    PartKind kind;
    bool begins_line; /* first to be written of its line: the indentation of a partial goes before it */
    bool raw;         /* value: never escaped */
    DiagPlace place;  /* partial */
    const char *text; /* text: at most one line; partial: its name; otherwise the name as written */
    size_t n;         /* text: bytes */
    const char *const *path; /* value, section, inverted: the dotted name, NULL-ended; empty for "." */
    const char *indent;      /* partial on a line of its own: the blanks before it; else NULL */
    Part *first;             /* section, inverted */
    Part *next;
};

struct Template {
    Part *first;
};

#endif
