/* How loaded templates lie in memory: shared by what loads them and what renders notices, by nobody else. */
#ifndef DUNHUB_NOTICE_FOLDER_H
#define DUNHUB_NOTICE_FOLDER_H

#include "notice/notice.h"

typedef enum { FILE_SUBJECT, FILE_BODY, FILE_HTML, FILE_SMS, FILE_VOICE, N_FILES } FileKind;

/* A template in one language. */
typedef struct {
    const char *name;     /* "friendly" */
    const char *language; /* "de"; "" for the one all others fall back to */
    const Template *files[N_FILES];
} Folder;

/* The folder of the language, or of the language without its region, or the plain one, that has the file. NULL: none. */
const Folder *templates_find(const Templates *templates, const char *name, const char *language, FileKind file);

/* Whose {{>parts}} are meant. */
typedef struct {
    const Templates *templates;
    const char *language;
    bool html;
} PartsOf;
/* A TemplatePartial over a PartsOf. */
const Template *templates_part(const void *parts_of, const char *name);

/* All that a template may read of one message, ready-formatted in the language. New reference. */
json_t *notice_context(const NoticeIn *in, const char *language, const char *name, GError **error);

#endif
