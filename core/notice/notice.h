/* Notices as the customer sees them: one folder of templates, one context, the bytes kept by content hash.
 * A template is a folder templates/NAME/ with subject.txt, body.txt and, where wanted, body.html, sms.txt, voice.txt;
 * NAME.de/ is its German version (fallback: NAME/). */
#ifndef DUNHUB_NOTICE_NOTICE_H
#define DUNHUB_NOTICE_NOTICE_H

#include "base/diag.h"
#include "model/state.h"
#include "notice/template.h"

typedef struct Templates Templates;
/* Every finding with file:line:column; NULL if there was an error. */
Templates *templates_load(const char *dir, Diags *diags);
void templates_free(Templates *templates);
bool templates_has(const Templates *templates, const char *name);
const char *templates_hash(const Templates *templates, const char *name); /* version by content, hex */
/* What a template may read: rows for check and for the reference page. */
typedef struct { const char *name, *doc; } TemplateName;
const TemplateName *template_names(size_t *ret_n);

typedef struct {
    const AccountState *state;
    const Notice *notice;       /* amount and invoices as decide released them */
    const Act *act;             /* channel, address */
    const char *organisation;
    const char *zone;
    Date today;
} NoticeIn;
/* The message as JSON {"to","subject","text","html","template","template_hash","amount","currency","invoices",…}: the
 * action's input, and the exact bytes that are kept. New reference. */
json_t *notice_render(const Templates *templates, const NoticeIn *in, GError **error);

#endif
