/* How loaded templates lie in memory: shared by what loads them and what renders notices, by nobody else. */
#ifndef DUNHUB_NOTICE_FOLDER_H
#define DUNHUB_NOTICE_FOLDER_H

#include "notice/notice.h"

typedef enum { FILE_SUBJECT, FILE_BODY, FILE_HTML, FILE_SMS, FILE_VOICE, FILE_SSML, FILE_VOICEMAIL, FILE_LETTER, N_FILES } FileKind;

/* What each kind is called, and how values are escaped in it. */
extern const char *const file_names[N_FILES];
extern const EscapeMode file_escapes[N_FILES];

/* A template in one language. */
typedef struct {
    const char *name;     /* "friendly" */
    const char *variant;  /* "firm" of friendly@firm; "" none */
    const char *language; /* "de"; "" for the one all others fall back to */
    const Template *files[N_FILES];
} Folder;

/* The best folder (notice.h) that has the file; variants NULL-ended, the first before the others. NULL: none. */
const Folder *templates_find(const Templates *templates, const char *name, const char *language, const char *const *variants,
                             FileKind file);
/* Every folder, in the order of their names: for checks. */
void templates_foreach(const Templates *templates, void (*visit)(const Folder *folder, void *data), void *data);

/* Whose {{>parts}} are meant. */
typedef struct {
    const Templates *templates;
    const char *language;
    const char *ending; /* ".txt", ".html", ".letter" */
} PartsOf;
PartsOf parts_of(const Templates *templates, const char *language, FileKind file);
/* A TemplatePartial over a PartsOf. */
const Template *templates_part(const void *parts_of, const char *name);

/* All that a template may read of one message, ready-formatted in the language. rows: the notice's invoices, read; drawn: for
 * a letter, where amounts hold together by no-break spaces. New reference. */
json_t *notice_context(const NoticeIn *in, const json_t *rows, const char *language, const char *name, bool drawn, GError **error);

/* The letter as it is drawn; text: letter.txt rendered. New reference; NULL and *error with the line. */
json_t *letter_document(const NoticeIn *in, const char *language, const char *title, const char *text, GError **error);
/* What a template is tried with when it is loaded: long values, as long as they get, going out by that channel. New reference. */
json_t *worst_context(const char *channel);

#endif
