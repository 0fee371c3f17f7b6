/* Notices as the customer sees them: one folder of templates, one context, the bytes kept by content hash.
 * A template is a folder templates/NAME/ with subject.txt, body.txt and, where wanted, body.html, sms.txt, voice.txt;
 * NAME.de/ is its German version (fallback: NAME/). templates/parts/ and parts.de/ hold what templates share: {{>ways}}
 * is parts/ways.txt in texts and parts/ways.html in body.html; a part is read as if it stood outside of all sections. */
#ifndef DUNHUB_NOTICE_NOTICE_H
#define DUNHUB_NOTICE_NOTICE_H

#include "base/diag.h"
#include "model/state.h"
#include "notice/template.h"

typedef struct Templates Templates;
/* Every finding with file:line:column; NULL if there was an error. A folder that does not exist holds no template. What is
 * returned is immutable: any thread may use it. */
Templates *templates_load(const char *dir, Diags *diags);
void templates_free(Templates *templates);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Templates, templates_free)
/* By base name: "friendly", not "friendly.de". */
bool templates_has(const Templates *templates, const char *name);
/* Version by content, hex, of all languages and of the shared parts; NULL: no such template. Borrowed. */
const char *templates_hash(const Templates *templates, const char *name);
/* What that hash is of: one canonical JSON object, path -> text of each file. Kept by the hub; NULL: no such template. Borrowed. */
const char *templates_source(const Templates *templates, const char *name);
/* NULL-ended, sorted, borrowed: for "did you mean" and the reference. */
const char *const *templates_names(const Templates *templates);

/* What a template may read: rows for check and for the reference page. */
typedef struct {
    const char *name, *doc;
} TemplateName;
const TemplateName *template_names(size_t *ret_n);

/* UNKNOWN: no such template; CHANNEL: the template has no text for the channel; DATA: the notice's invoices are no JSON
 * of the form below. Errors of rendering are TEMPLATE_ERROR. */
typedef enum { NOTICE_ERROR_UNKNOWN, NOTICE_ERROR_CHANNEL, NOTICE_ERROR_DATA } NoticeError;
GQuark notice_error_quark(void);
#define NOTICE_ERROR notice_error_quark()

typedef struct {
    const AccountState *state;
    const Notice *notice; /* amount and invoices as decide released them: [{"id","number","open" (minor units), "due_on"
                             ("2026-07-01"),"days_overdue"}]; NULL: a message of its own (help, a document) */
    const Act *act;       /* channel, address, template_name (NULL: the notice's) */
    const char *organisation;
    const char *zone;
    Date today;
} NoticeIn;
/* The message as JSON {"to","name","channel","subject","text","html","template","template_hash","language","notice",
 * "amount" (minor units),"currency","invoices"}: the action's input, and the exact bytes that are kept. What does not
 * apply is left out: no subject and html by sms and voice. New reference. */
json_t *notice_render(const Templates *templates, const NoticeIn *in, GError **error);

#endif
