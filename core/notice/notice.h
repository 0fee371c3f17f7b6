/* Notices as the customer sees them: one folder of templates, one context, the bytes kept by content hash (docs/notices.md).
 * A template is a folder templates/NAME/ with subject.txt, body.txt and, where wanted, body.html, sms.txt, voice.txt, voice.ssml,
 * voicemail.txt, letter.txt. NAME.de/ is its German version. NAME@firm/ is that for accounts of a segment with this tone,
 * NAME@US-CA/ that for accounts of the jurisdiction US/CA; NAME@firm.de/ is both. What is missing is looked for in this order:
 * of the language (de-AT, de), then of the language all others fall back to, each first for the jurisdiction, then for
 * the tone, then plain. templates/parts/ and parts.de/ hold what templates share: {{>ways}} is parts/ways.txt in
 * texts, parts/ways.html in body.html, parts/ways.letter in letter.txt; a part is read as if it stood outside of all sections. */
#ifndef DUNHUB_NOTICE_NOTICE_H
#define DUNHUB_NOTICE_NOTICE_H

#include "base/diag.h"
#include "document/document.h"
#include "model/state.h"
#include "notice/template.h"

typedef struct Templates Templates;
/* Every finding with file:line:column; NULL if there was an error. A folder that does not exist holds no template. What is
 * returned is immutable: any thread may use it. */
Templates *templates_load(const char *dir, Diags *diags);
/* A text message that can become longer than so many segments is a warning (C315). */
void templates_check_sms(const Templates *templates, int64_t segments, Diags *diags);
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

/* Every folder: variant and language "" where it has none, files: their names, comma separated. In the order of their names. */
typedef void (*TemplateVisitor)(void *data, const char *name, const char *variant, const char *language, const char *files);
void templates_visit(const Templates *templates, TemplateVisitor visitor, void *data);

/* What a template may read: rows for check and for the reference page. */
typedef struct {
    const char *name, *doc;
} TemplateName;
const TemplateName *template_names(size_t *ret_n);

/* How the organisation writes and where it can be reached: the section `notices` of the configuration. Absent texts are NULL. */
typedef struct {
    const char *const *address; /* lines, NULL-ended */
    const char *phone, *email, *website, *payment, *contact;
    const char *return_line;    /* small above the address of a letter */
    const char *const *foot;    /* of every page of a letter, NULL-ended, at most 4 */
    const char *font;
    int paper, envelope;        /* Paper, Envelope */
    int64_t sms_segments;       /* a text message has at most so many; 0: any */
} Letterhead;

/* UNKNOWN: no such template; CHANNEL: the template has no text for the channel; DATA: the notice's invoices are no JSON
 * of the form below; LIMIT: the text message has too many segments. Errors of rendering are TEMPLATE_ERROR, of a letter's form
 * DOCUMENT_ERROR. */
typedef enum { NOTICE_ERROR_UNKNOWN, NOTICE_ERROR_CHANNEL, NOTICE_ERROR_DATA, NOTICE_ERROR_LIMIT } NoticeError;
GQuark notice_error_quark(void);
#define NOTICE_ERROR notice_error_quark()

typedef struct {
    const AccountState *state;
    const Notice *notice; /* amount and invoices as decide released them: [{"id","number","open" (minor units), "due_on"
                             ("2026-07-01"),"days_overdue"}]; NULL: a message of its own (help, a document) */
    const Act *act;       /* channel, address, template_name (NULL: the notice's) */
    const char *organisation;
    const char *language;         /* the organisation's; NULL: en */
    const Letterhead *letterhead; /* NULL: none */
    const char *tone;             /* friendly, urgent, firm: of the account's segment; NULL none */
    const char *zone;
    Date today;
} NoticeIn;
/* The message as JSON {"to","name","channel","subject","text","html","template","template_hash","language","notice",
 * "amount" (minor units),"currency","invoices"}: the action's input, and the exact bytes that are kept. What does not
 * apply is left out: no subject and html by sms and voice. By sms "sms": {"encoding": "gsm7" or "ucs2", "segments"}; by voice
 * "ssml" and "voicemail" where the template has them. A letter, and a document that an action makes, has "document"
 * (document.h) where the template has a letter.txt: what is drawn as PDF when it leaves. New reference. */
json_t *notice_render(const Templates *templates, const NoticeIn *in, GError **error);

/* Segments of a text message: GSM 03.38 (160, else 153 each) if every character is in its alphabet, else UCS-2 (70, else 67 each). */
typedef struct {
    bool ucs2;
    int64_t units;    /* septets or UTF-16 units */
    int64_t segments; /* 0 of an empty text */
} SmsSize;
SmsSize sms_size(const char *text);

#endif
