#include "notice/notice.h"

#include <string.h>

#include "base/text.h"
#include "notice/folder.h"

enum {
    TEXT_LARGEST_BYTES = 256 * 1024,
    SMS_LARGEST_BYTES = 1600,
    SUBJECT_LONGEST = 200,
    VARIANTS_MOST = 8
};

/* What a channel carries: the file that it cannot do without, then what is added where it is there. Channels without a
 * row are written as email is. */
static const struct {
    const char *channel;
    FileKind text;
    size_t largest_bytes;
    struct {
        const char *member;
        FileKind file;
    } more[3];
    size_t n_more;
} carriers[] = {
    {"sms", FILE_SMS, SMS_LARGEST_BYTES, {{NULL, 0}}, 0},
    {"voice",
     FILE_VOICE,
     SMS_LARGEST_BYTES,
     {{"ssml", FILE_SSML}, {"voicemail", FILE_VOICEMAIL}},
     2},
    {"", FILE_BODY, TEXT_LARGEST_BYTES, {{"subject", FILE_SUBJECT}, {"html", FILE_HTML}}, 2},
};

static size_t carrier_of(const char *channel)
{
    size_t i = 0;
    while (carriers[i].channel[0] != '\0' && g_strcmp0(carriers[i].channel, channel) != 0)
        i++;
    return i;
}

typedef struct {
    const Templates *templates;
    const NoticeIn *in;
    const char *name;
    const char *language; /* that is looked for */
    const char *variants[VARIANTS_MOST + 1];
    const Folder *folder; /* of the text */
    const char *tag;      /* in which it is written */
    const char *notice;   /* what it is called */
    const json_t *rows;   /* invoices shown; NULL none */
    const json_t *context;
    json_t *message;
    GPtrArray *owned;
} Writing;

/* "US/CA/San Diego": US-CA-San_Diego, US-CA, US; then the tone. */
static void set_variants(Writing *w)
{
    size_t n = 0;
    g_autofree char *path = g_strdup(w->in->state->account.jurisdiction);
    while (path != NULL && path[0] != '\0' && n < VARIANTS_MOST - 1) {
        char *variant = g_strdup(path);
        g_strdelimit(g_strdelimit(variant, "/", '-'), " ", '_');
        g_ptr_array_add(w->owned, variant);
        w->variants[n++] = variant;
        char *slash = strrchr(path, '/');
        *(slash != NULL ? slash : path) = '\0';
    }
    if (w->in->tone != NULL)
        w->variants[n++] = w->in->tone;
}

static const Folder *find_folder(const Writing *w, FileKind file)
{
    return templates_find(w->templates, w->name, w->language, w->variants, file);
}

static bool pick_folder(Writing *w, GError **error)
{
    if (w->name == NULL || !templates_has(w->templates, w->name)) {
        g_set_error(error, NOTICE_ERROR, NOTICE_ERROR_UNKNOWN,
                    "there is no template '%s'; add the folder, or correct the policy",
                    w->name != NULL ? w->name : "");
        return false;
    }
    FileKind file = carriers[carrier_of(w->in->act->channel)].text;
    w->folder = find_folder(w, file);
    if (w->folder == NULL)
        g_set_error(error, NOTICE_ERROR, NOTICE_ERROR_CHANNEL,
                    "template '%s' has no text for channel '%s'; add %s to its folder", w->name,
                    w->in->act->channel, file_names[file]);
    return w->folder != NULL;
}

/* The account's own tag (de-AT) where the folder speaks that language; folders without a language are English. */
static const char *tag_of(const Writing *w)
{
    const char *written = w->folder->language[0] != '\0' ? w->folder->language : "en";
    size_t n = strcspn(written, "-");
    bool same = w->language != NULL && g_ascii_strncasecmp(w->language, written, n) == 0 &&
                (w->language[n] == '\0' || w->language[n] == '-');
    return same && strlen(w->language) > strlen(written) ? w->language : written;
}

/* A file of the language that the text is in, rendered; NULL without an error: there is none. Caller frees. */
static char *render_file(const Writing *w, FileKind file, size_t max, GError **error)
{
    const Folder *folder =
        templates_find(w->templates, w->name, w->folder->language, w->variants, file);
    if (folder == NULL || strcmp(folder->language, w->folder->language) != 0)
        return NULL;
    const PartsOf parts = parts_of(w->templates, folder->language, file);
    char *text = template_render(folder->files[file], w->context, file_escapes[file],
                                 templates_part, &parts, max, error);
    if (text == NULL)
        g_prefix_error(error, "template '%s': ", w->name);
    return text;
}

/* Renders a file, if it is there, into a member of the message. */
static bool write_member(const Writing *w, const char *member, FileKind file, size_t max,
                         GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_autofree char *text = render_file(w, file, max, &problem);
    if (text == NULL) {
        if (problem != NULL)
            g_propagate_error(error, g_steal_pointer(&problem));
        return problem == NULL;
    }
    if (file != FILE_BODY && file != FILE_HTML)
        g_strchomp(text);
    g_autofree char *line = file == FILE_SUBJECT ? text_one_line(text, SUBJECT_LONGEST) : NULL;
    /* made of texts that were checked: not looked at again */
    json_object_set_new(w->message, member, json_string_nocheck(line != NULL ? line : text));
    return true;
}

static bool count_segments(const Writing *w, GError **error)
{
    int64_t most = w->in->letterhead != NULL ? w->in->letterhead->sms_segments : 0;
    SmsSize size = sms_size(json_string_value(json_object_get(w->message, "text")));
    json_object_set_new(w->message, "sms",
                        json_pack("{s:s,s:I}", "encoding", size.ucs2 ? "ucs2" : "gsm7", "segments",
                                  (json_int_t)size.segments));
    if (most == 0 || size.segments <= most)
        return true;
    g_set_error(error, NOTICE_ERROR, NOTICE_ERROR_LIMIT,
                "template '%s': the text message has %" G_GINT64_FORMAT
                " segments, at most %" G_GINT64_FORMAT
                " are sent; shorten sms.txt, or raise sms_segments",
                w->name, size.segments, most);
    return false;
}

/* Letters, and documents that an action makes. */
static bool is_drawn(const Act *act)
{
    return g_strcmp0(act->channel, "letter") == 0 ||
           (act->verb != NULL && g_str_has_prefix(act->verb, "document."));
}

static bool write_document(const Writing *w, GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_autoptr(json_t) context = notice_context(w->in, w->rows, w->tag, w->notice, true, &problem);
    Writing drawn = *w;
    drawn.context = context;
    g_autofree char *text =
        context != NULL ? render_file(&drawn, FILE_LETTER, TEXT_LARGEST_BYTES, &problem) : NULL;
    if (text == NULL) {
        if (problem != NULL)
            g_propagate_error(error, g_steal_pointer(&problem));
        return problem == NULL;
    }
    const char *title = json_string_value(json_object_get(w->message, "subject"));
    json_t *document = letter_document(w->in, w->tag, title != NULL ? title : w->name, text, error);
    if (document == NULL) {
        g_prefix_error(error, "template '%s': ", w->name);
        return false;
    }
    json_object_set_new(w->message, "document", document);
    json_object_del(w->message, "html"); /* the page is the document */
    return true;
}

static bool write_texts(const Writing *w, GError **error)
{
    size_t carrier = carrier_of(w->in->act->channel);
    size_t max = carriers[carrier].largest_bytes;
    if (!write_member(w, "text", carriers[carrier].text, max, error))
        return false;
    for (size_t i = 0; i < carriers[carrier].n_more; i++) {
        if (!write_member(w, carriers[carrier].more[i].member, carriers[carrier].more[i].file, max,
                          error))
            return false;
    }
    if (carriers[carrier].text == FILE_SMS)
        return count_segments(w, error);
    return !is_drawn(w->in->act) || write_document(w, error);
}

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text != NULL && text[0] != '\0')
        json_object_set_new(object, key, json_string(text));
}

/* What was shown, in figures: evidence, and input for platforms that write texts of their own. */
static void set_figures(json_t *message, const Notice *notice, json_t *rows)
{
    set_text(message, "notice", notice->name);
    set_text(message, "currency", notice->currency.code);
    if (notice->amount != AMOUNT_NONE && notice->amount > 0)
        json_object_set_new(message, "amount", json_integer(notice->amount));
    if (rows != NULL)
        json_object_set(message, "invoices", rows);
}

json_t *notice_render(const Templates *templates, const NoticeIn *in, GError **error)
{
    g_autoptr(GPtrArray) owned = g_ptr_array_new_with_free_func(g_free);
    const Account *account = &in->state->account;
    const Notice *notice = in->notice;
    Writing w = {.templates = templates, .in = in, .name = in->act->template_name, .owned = owned};
    w.language = account->language != NULL ? account->language : in->language;
    if (w.name == NULL && notice != NULL)
        w.name = notice->template_name;
    set_variants(&w);
    if (!pick_folder(&w, error))
        return NULL;
    w.tag = tag_of(&w);
    g_autoptr(json_t) rows =
        notice != NULL && notice->invoices != NULL ? json_loads(notice->invoices, 0, NULL) : NULL;
    w.rows = rows;
    w.notice = notice != NULL && notice->name != NULL ? notice->name : w.name;
    g_autoptr(json_t) context = notice_context(in, rows, w.tag, w.notice, false, error);
    if (context == NULL)
        return NULL;
    g_autoptr(json_t) message = json_object();
    w.context = context;
    w.message = message;
    set_text(message, "to", in->act->address);
    set_text(message, "name", account->name);
    set_text(message, "channel", in->act->channel);
    set_text(message, "template", w.name);
    set_text(message, "template_hash", templates_hash(templates, w.name));
    set_text(message, "language", w.folder->language[0] != '\0' ? w.folder->language : "en");
    if (!write_texts(&w, error))
        return NULL;
    if (notice != NULL)
        set_figures(message, notice, rows);
    return g_steal_pointer(&message);
}
