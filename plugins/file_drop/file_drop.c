/* Carries actions out as files in a folder: an inbox a person can read, and a hand-over to programs that watch folders. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "drop.h"
#include "sheet.h"

enum { NAME_PART_MAX = 60, KEY_CHARS = 12, FILES_MAX = 40 };

/* ---- what a file is called ---- */

static const char *day_of(const DunhubTask *task, const json_t *input)
{
    const char *today = dunhub_find_text(input, "today");
    int32_t days;
    if (!today || dunhub_date_parse(today, "%Y-%m-%d", &days))
        days = (int32_t)(time(NULL) / 86400);
    char text[16];
    return dunhub_format(task, "%s", dunhub_date_format(days, text));
}

/* 2026-11-22/C-1001-first_reminder-3fa9c1d20b7e.eml */
static const char *path_of(const Drop *drop, const char *ending)
{
    const DunhubTask *task = drop->task;
    const char *account = dunhub_find_text(drop->input, "account"),
               *notice = dunhub_find_text(drop->input, "notice");
    const char *template = dunhub_find_text(drop->input, "template");
    const char *what = notice ? notice : template ? template : dunhub_verb(task);
    const char *name = dunhub_format(
        task, "%s-%s-%.*s%s", dunhub_safe_name(task, account ? account : "hub", NAME_PART_MAX),
        dunhub_safe_name(task, what, NAME_PART_MAX), KEY_CHARS, drop->hash, ending);
    if (!dunhub_option_bool(task, "day_folders"))
        return name;
    return dunhub_format(task, "%s/%s", day_of(task, drop->input), name);
}

/* ---- what stands in it ---- */

/* The paper of an action: its parts, in one file or a folder. */
typedef struct {
    DropFile files[FILES_MAX];
    size_t n;
    const char *ending; /* of the one file, "" of a folder */
    char *owned[FILES_MAX];
    size_t n_owned;
} Paper;

static void paper_done(Paper *paper)
{
    for (size_t i = 0; i < paper->n_owned; i++)
        free(paper->owned[i]);
}

static void add_text(Paper *paper, const char *name, const char *text)
{
    paper->files[paper->n++] = (DropFile){name, text, strlen(text)};
}

static bool write_mail(const Drop *drop, Paper *paper)
{
    const DunhubTask *task = drop->task;
    const json_t *input = drop->input;
    DunhubMail mail = {
        .from = dunhub_option(task, "from"),
        .reply_to = dunhub_find_text(input, "reply_to"),
        .subject = dunhub_find_text(input, "subject"),
        .text = dunhub_find_text(input, "text"),
        .html = dunhub_find_text(input, "html"),
        .key = dunhub_key(task),
        .date = (int64_t)time(NULL),
    };
    if (!dunhub_need_text(task, input, "to", &mail.to) ||
        !dunhub_attachments(task, input, &mail.attachments, &mail.n_attachments))
        return false;
    DunhubBuffer message = {0};
    const char *wrong = dunhub_mail_build(task, &mail, &message);
    if (wrong) {
        dunhub_permanent(task, "message", "the message cannot be written: %s", wrong);
        return false;
    }
    paper->files[paper->n++] = (DropFile){NULL, message.p, message.n};
    paper->owned[paper->n_owned++] = message.p;
    paper->ending = ".eml";
    return true;
}

/* Who and what about, one line each, then the text. */
static bool write_plain(const Drop *drop, Paper *paper)
{
    static const char *const heads[][2] = {{"to", "To"},
                                           {"channel", "Channel"},
                                           {"notice", "Notice"},
                                           {"account", "Account"},
                                           {"subject", "Subject"}};
    const DunhubTask *task = drop->task;
    const char *text;
    if (!dunhub_need_text(task, drop->input, "text", &text))
        return false;
    DunhubBuffer out = {0};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        const char *value = dunhub_find_text(drop->input, heads[i][0]);
        if (value)
            dunhub_append_format(&out, "%s: %s\n", heads[i][1], dunhub_one_line(task, value, 500));
    }
    dunhub_append_format(&out, "\n%s\n", text);
    if (out.failed) {
        dunhub_buffer_done(&out);
        dunhub_permanent(task, "size", "the text is too large");
        return false;
    }
    paper->files[paper->n++] = (DropFile){NULL, out.p, out.n};
    paper->owned[paper->n_owned++] = out.p;
    paper->ending = ".txt";
    return true;
}

static bool add_record(const Drop *drop, Paper *paper)
{
    json_t *record = json_pack("{s:s, s:s, s:O}", "verb", dunhub_verb(drop->task), "key",
                               dunhub_key(drop->task), "input", drop->input);
    char *text = record ? json_dumps(record, JSON_INDENT(2) | JSON_SORT_KEYS) : NULL;
    json_decref(record);
    if (!text) {
        dunhub_permanent(drop->task, "input",
                         "the record cannot be written: the key or verb is no UTF-8");
        return false;
    }
    paper->owned[paper->n_owned++] = text;
    add_text(paper, "record.json", text);
    return true;
}

static bool add_attachments(const Drop *drop, Paper *paper)
{
    const DunhubAttachment *rows;
    size_t n;
    if (!dunhub_attachments(drop->task, drop->input, &rows, &n))
        return false;
    for (size_t i = 0; i < n && paper->n < FILES_MAX; i++) {
        const char *name = dunhub_safe_name(drop->task, rows[i].name, NAME_PART_MAX);
        paper->files[paper->n++] = (DropFile){dunhub_format(drop->task, "%02zu-%s", i + 1, name),
                                              rows[i].bytes.p, rows[i].bytes.n};
    }
    return true;
}

/* A letter that came drawn is one PDF, ready for the printer. */
static bool write_drawn(const Drop *drop, Paper *paper, bool *ret_drawn)
{
    const DunhubAttachment *rows;
    size_t n;
    if (!dunhub_attachments(drop->task, drop->input, &rows, &n))
        return false;
    *ret_drawn = n == 1 && strcmp(rows[0].type, "application/pdf") == 0;
    if (!*ret_drawn)
        return true;
    paper->files[paper->n++] = (DropFile){NULL, rows[0].bytes.p, rows[0].bytes.n};
    paper->ending = ".pdf";
    return true;
}

/* The letter as it goes to print: its page, or its text; with its attachments in a folder. */
static bool write_letter(const Drop *drop, Paper *paper)
{
    bool drawn = false;
    if (!write_drawn(drop, paper, &drawn) || drawn)
        return drawn;
    const char *html = dunhub_find_text(drop->input, "html"), *text = html;
    if (!html && !dunhub_need_text(drop->task, drop->input, "text", &text))
        return false;
    paper->ending = html ? ".html" : ".txt";
    add_text(paper, html ? "letter.html" : "letter.txt", text);
    if (!json_array_size(json_object_get(drop->input, "attachments")))
        return true;
    paper->ending = "";
    return add_record(drop, paper) && add_attachments(drop, paper);
}

/* The record of what was asked for; with the documents beside it where there are some. */
static bool write_record(const Drop *drop, Paper *paper)
{
    const char *html = dunhub_find_text(drop->input, "html"),
               *text = dunhub_find_text(drop->input, "text");
    paper->ending = ".json";
    if (!add_record(drop, paper))
        return false;
    if (html)
        add_text(paper, "document.html", html);
    if (text)
        add_text(paper, "document.txt", text);
    if (!add_attachments(drop, paper))
        return false;
    if (paper->n > 1)
        paper->ending = "";
    return true;
}

static bool write_note(const Drop *drop, Paper *paper)
{
    return dunhub_find_text(drop->input, "text") ? write_plain(drop, paper)
                                                 : write_record(drop, paper);
}

/* ---- handlers ---- */

typedef bool (*PaperWriter)(const Drop *drop, Paper *paper);

static void write_paper(Drop *drop, PaperWriter writer)
{
    DropState state = drop_state(drop);
    if (state == DROP_DONE)
        dunhub_ok(drop->task, drop->path);
    if (state == DROP_DONE || state == DROP_FAILED)
        return;
    Paper paper = {0};
    if (writer(drop, &paper) &&
        (state == DROP_CLAIMED || drop_claim(drop, path_of(drop, paper.ending))) &&
        drop_write(drop, paper.files, paper.n, !*paper.ending))
        drop_done(drop);
    paper_done(&paper);
}

static void run(const DunhubTask *task, PaperWriter writer)
{
    json_t *input = dunhub_input(task);
    Drop drop;
    if (input && drop_open(&drop, task, input)) {
        if (writer)
            write_paper(&drop, writer);
        else
            sheet_append(&drop);
        drop_close(&drop);
    }
    json_decref(input);
}

#define HANDLER(name, writer)                                                                      \
    static void name(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)           \
    {                                                                                              \
        const DunhubTask task = {host, call, ret_result};                                          \
        run(&task, writer);                                                                        \
    }
HANDLER(drop_mail, write_mail)
HANDLER(drop_plain, write_plain)
HANDLER(drop_letter, write_letter)
HANDLER(drop_record, write_record)
HANDLER(drop_note, write_note)
HANDLER(append_row, NULL)

static void check_folder(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    const char *folder = dunhub_option(&task, "folder"), *from = dunhub_option(&task, "from");
    int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        dunhub_file_failed(&task, errno, "opening the folder", folder);
    else if (faccessat(dir, ".", W_OK, 0) < 0)
        dunhub_file_failed(&task, errno, "writing into the folder", folder);
    else if (!dunhub_mail_address(&task, from))
        dunhub_permanent(&task, "option", "option 'from' is no mail address: %s", from);
    else
        dunhub_ok(&task, NULL);
    if (dir >= 0)
        close(dir);
}

/* ---- declaration ---- */

#define MESSAGE_SCHEMA                                                                             \
    "{\"type\":\"object\",\"required\":[\"to\",\"text\"],\"properties\":{\"to\":{\"type\":"        \
    "\"string\"},\"text\":{\"type\":\"string\"}}}"
#define MAIL_SCHEMA                                                                                \
    "{\"type\":\"object\",\"required\":[\"to\",\"subject\"],\"properties\":{\"to\":{\"type\":"     \
    "\"string\"},"                                                                                 \
    "\"subject\":{\"type\":\"string\"},\"text\":{\"type\":\"string\"},\"html\":{\"type\":"         \
    "\"string\"},"                                                                                 \
    "\"attachments\":{\"type\":\"array\"}}}"
#define ACTION(VERB, OBJECT, EFFECT, RUN, SCHEMA, DOC)                                             \
    {                                                                                              \
        .size = sizeof(DunhubAction), .verb = VERB, .object = OBJECT, .effect = DUNHUB_##EFFECT,   \
        .repeat = DUNHUB_REPEAT_KEY, .run = RUN, .input_schema = SCHEMA, .doc = DOC                \
    }

static const DunhubAction actions[] = {
    ACTION("message.email", "message", CONTACT, drop_mail, MAIL_SCHEMA,
           "Writes the mail as a .eml file that mail programs open."),
    ACTION("message.sms", "message", CONTACT, drop_plain, MESSAGE_SCHEMA,
           "Writes the text message as a .txt file."),
    ACTION("message.in_app", "message", CONTACT, drop_plain, NULL,
           "Writes the notice as a .txt file."),
    ACTION("message.letter", "message", CONTACT, drop_letter, NULL,
           "Writes the letter as a .html or .txt file for the print room."),
    ACTION("message.withdraw", NULL, WRITE, drop_record, NULL,
           "Writes the wish to take a message back as a .json file."),
    ACTION("call.voice", "call", CONTACT, drop_plain, NULL,
           "Writes what a person is to say on the telephone as a .txt file."),
    ACTION("chat.post", "post", WRITE, drop_note, NULL, "Writes the post as a file."),
    ACTION("chat.update", NULL, WRITE, drop_note, NULL,
           "Writes the answer in the thread as a file."),
    ACTION("note.write", "note", WRITE, drop_note, NULL, "Writes the note as a file."),
    ACTION("record.write", "record", WRITE, drop_record, NULL,
           "Writes a record of what happened as a .json file."),
    ACTION("package.write", "package", LEGAL, drop_record, NULL,
           "Writes the documents of a case into a folder for counsel."),
    ACTION("document.generate", "document", WRITE, drop_record, NULL,
           "Writes the draft of a document with its data."),
    ACTION("document.send", "document", LEGAL, drop_record, NULL,
           "Writes the document to be served or signed, with its data."),
    ACTION("document.void", NULL, WRITE, drop_record, NULL,
           "Writes that a document is void as a .json file."),
    ACTION("agency.place", "placement", LEGAL, drop_record, NULL,
           "Writes the hand-over to a collection agency as a file."),
    ACTION("approval.request", "approval", WRITE, drop_record, NULL,
           "Writes the request for an approval as a .json file."),
    ACTION("case.open", "case", WRITE, drop_record, NULL, "Writes the case as a .json file."),
    ACTION("case.update", NULL, WRITE, drop_record, NULL,
           "Writes the change of a case as a .json file."),
    ACTION("case.close", NULL, WRITE, drop_record, NULL,
           "Writes the end of a case as a .json file."),
    ACTION("account.mark", NULL, WRITE, drop_record, NULL,
           "Writes the mark of an account as a .json file."),
    ACTION("account.unmark", NULL, WRITE, drop_record, NULL,
           "Writes that the mark is gone as a .json file."),
    ACTION("task.create", "task", WRITE, drop_record, NULL, "Writes the task as a .json file."),
    ACTION("task.close", NULL, WRITE, drop_record, NULL,
           "Writes that a task is done as a .json file."),
    ACTION("ticket.open", "ticket", WRITE, drop_record, NULL, "Writes the ticket as a .json file."),
    ACTION("ticket.close", NULL, WRITE, drop_record, NULL,
           "Writes that a ticket is resolved as a .json file."),
    ACTION("row.append", "row", WRITE, append_row, NULL,
           "Appends a row to a CSV file, once per key, formulas made harmless."),
    ACTION("access.suspend", NULL, WRITE, drop_record, NULL,
           "Writes the order to suspend portal access as a .json file."),
    ACTION("access.restore", NULL, WRITE, drop_record, NULL,
           "Writes the order to give portal access back as a .json file."),
    ACTION("service.suspend", NULL, WRITE, drop_record, NULL,
           "Writes the order to suspend service as a .json file."),
    ACTION("service.restore", NULL, WRITE, drop_record, NULL,
           "Writes the order to give service back as a .json file."),
    ACTION("service.disconnect", NULL, WRITE, drop_record, NULL,
           "Writes the order to disconnect service as a .json file."),
    ACTION("service.cancel", NULL, WRITE, drop_record, NULL,
           "Writes the order to cancel the subscription as a .json file."),
    ACTION("credit.grant", NULL, WRITE, drop_record, NULL,
           "Writes the credit to be booked as a .json file."),
    ACTION("fee.charge", NULL, WRITE, drop_record, NULL,
           "Writes the fee to be booked as a .json file."),
    ACTION("hook.send", NULL, WRITE, drop_record, NULL,
           "Writes what a web hook would carry as a .json file."),
};

static const DunhubOption options[] = {
    {sizeof(DunhubOption), "folder", DUNHUB_OPTION_PATH,
     DUNHUB_OPTION_REQUIRED | DUNHUB_OPTION_WRITABLE, NULL, NULL,
     "Folder to write into; it must be there. Its .keys folder remembers what was written and must "
     "stay with it."},
    {sizeof(DunhubOption), "day_folders", DUNHUB_OPTION_BOOL, 0, "true", NULL,
     "Whether each day (UTC) gets a folder of its own, such as 2026-11-22."},
    {sizeof(DunhubOption), "from", DUNHUB_OPTION_TEXT, 0, "dunhub@localhost", NULL,
     "Sender of the mails that are written."},
};

static const DunhubPlugin plugin = {
    .magic = DUNHUB_MAGIC,
    .abi_major = DUNHUB_ABI_MAJOR,
    .abi_minor = DUNHUB_ABI_MINOR,
    .size = sizeof(DunhubPlugin),
    .option_size = sizeof(DunhubOption),
    .action_size = sizeof(DunhubAction),
    .source_size = sizeof(DunhubSource),
    .name = "file_drop",
    .version = "1.0",
    .doc = "Notices, records and legal packages as files in a folder, each written whole and never "
           "twice.",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .actions = actions,
    .n_actions = sizeof actions / sizeof *actions,
    .check = check_folder,
};

DUNHUB_EXPORT const DunhubPlugin *dunhub_plugin(void)
{
    return &plugin;
}
