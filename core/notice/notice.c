#include "notice/notice.h"

#include <string.h>

#include "base/text.h"
#include "notice/folder.h"

enum { TEXT_LARGEST_BYTES = 256 * 1024, SMS_LARGEST_BYTES = 1600, SUBJECT_LONGEST = 200 };

/* What a channel carries. Channels without a row are written as email is. */
static const struct {
    const char *channel;
    FileKind text;
    bool subject_and_html;
    size_t largest_bytes;
} carriers[] = {
    {"sms", FILE_SMS, false, SMS_LARGEST_BYTES},
    {"voice", FILE_VOICE, false, SMS_LARGEST_BYTES},
    {"", FILE_BODY, true, TEXT_LARGEST_BYTES},
};

static size_t carrier_of(const char *channel)
{
    size_t i = 0;
    while (carriers[i].channel[0] != '\0' && g_strcmp0(carriers[i].channel, channel) != 0)
        i++;
    return i;
}

static const Folder *pick_folder(const Templates *templates, const char *name, const NoticeIn *in,
                                 GError **error)
{
    static const char *const wanted[] = {
        [FILE_BODY] = "body.txt", [FILE_SMS] = "sms.txt", [FILE_VOICE] = "voice.txt"};
    if (name == NULL || !templates_has(templates, name)) {
        g_set_error(error, NOTICE_ERROR, NOTICE_ERROR_UNKNOWN,
                    "there is no template '%s'; add the folder, or correct the policy",
                    name != NULL ? name : "");
        return NULL;
    }
    FileKind file = carriers[carrier_of(in->act->channel)].text;
    const Folder *folder = templates_find(templates, name, in->state->account.language, file);
    if (folder == NULL)
        g_set_error(error, NOTICE_ERROR, NOTICE_ERROR_CHANNEL,
                    "template '%s' has no text for channel '%s'; add %s to its folder", name,
                    in->act->channel, wanted[file]);
    return folder;
}

typedef struct {
    const Templates *templates;
    const Folder *folder;
    const json_t *context;
    json_t *message;
} Writing;

/* Renders a file of the folder, if it is there, into a member of the message. */
static bool write_member(const Writing *w, const char *member, FileKind file, size_t max,
                         GError **error)
{
    const Template *template = w->folder->files[file];
    if (template == NULL)
        return true;
    bool html = file == FILE_HTML;
    const PartsOf parts = {w->templates, w->folder->language, html};
    g_autofree char *text = template_render(template, w->context, html ? ESCAPE_HTML : ESCAPE_NONE,
                                            templates_part, &parts, max, error);
    if (text == NULL) {
        g_prefix_error(error, "template '%s': ", w->folder->name);
        return false;
    }
    if (file == FILE_SMS || file == FILE_VOICE)
        g_strchomp(text);
    g_autofree char *line = file == FILE_SUBJECT ? text_one_line(text, SUBJECT_LONGEST) : NULL;
    json_object_set_new(w->message, member, json_string(line != NULL ? line : text));
    return true;
}

static bool write_texts(const Writing *w, const char *channel, GError **error)
{
    size_t carrier = carrier_of(channel);
    size_t max = carriers[carrier].largest_bytes;
    if (!write_member(w, "text", carriers[carrier].text, max, error))
        return false;
    return !carriers[carrier].subject_and_html ||
           (write_member(w, "subject", FILE_SUBJECT, max, error) &&
            write_member(w, "html", FILE_HTML, max, error));
}

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text != NULL && text[0] != '\0')
        json_object_set_new(object, key, json_string(text));
}

/* What was shown, in figures: evidence, and input for platforms that write texts of their own. */
static void set_figures(json_t *message, const Notice *notice)
{
    set_text(message, "notice", notice->name);
    set_text(message, "currency", notice->currency.code);
    if (notice->amount != AMOUNT_NONE && notice->amount > 0)
        json_object_set_new(message, "amount", json_integer(notice->amount));
    if (notice->invoices != NULL)
        json_object_set_new(message, "invoices", json_loads(notice->invoices, 0, NULL));
}

json_t *notice_render(const Templates *templates, const NoticeIn *in, GError **error)
{
    const char *name = in->act->template_name;
    if (name == NULL && in->notice != NULL)
        name = in->notice->template_name;
    const Folder *folder = pick_folder(templates, name, in, error);
    if (folder == NULL)
        return NULL;
    const char *language = folder->language[0] != '\0' ? folder->language : "en";
    g_autoptr(json_t) context = notice_context(
        in, language, in->notice != NULL && in->notice->name != NULL ? in->notice->name : name,
        error);
    if (context == NULL)
        return NULL;
    g_autoptr(json_t) message = json_object();
    set_text(message, "to", in->act->address);
    set_text(message, "name", in->state->account.name);
    set_text(message, "channel", in->act->channel);
    set_text(message, "template", name);
    set_text(message, "template_hash", templates_hash(templates, name));
    set_text(message, "language", language);
    const Writing writing = {templates, folder, context, message};
    if (!write_texts(&writing, in->act->channel, error))
        return NULL;
    if (in->notice != NULL)
        set_figures(message, in->notice);
    return g_steal_pointer(&message);
}
