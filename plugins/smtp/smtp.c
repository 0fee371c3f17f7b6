/* Mail by SMTP submission. There is no key in SMTP that a server would recognise: what is accepted twice is delivered twice.
 * So a lost answer is uncertain as soon as the whole message may have left, and a plain retry only before that. The
 * Message-ID is made of the action's key, so that a person, or the receiver's mailbox, can tell a second copy. */
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "dunhub/sdk.h"

enum { REPLY_BYTES = 300 };

/* One conversation with the server. */
typedef struct {
    const DunhubTask *task;
    const char *server; /* "smtp://mail.example:587", for messages */
    DunhubBuffer message;
    size_t sent;
    char reply[REPLY_BYTES]; /* the server's last line */
    char refusal
        [REPLY_BYTES]; /* the last one that refused something; after it comes only the answer to QUIT */
    char why[CURL_ERROR_SIZE];
} Talk;

static size_t give_message(char *to, size_t size, size_t n, void *data)
{
    Talk *talk = data;
    size_t left = talk->message.n - talk->sent, room = size * n;
    size_t length = left < room ? left : room;
    memcpy(to, talk->message.p + talk->sent, length);
    talk->sent += length;
    return length;
}

static size_t take_reply(char *line, size_t size, size_t n, void *data)
{
    Talk *talk = data;
    size_t length = size * n < REPLY_BYTES - 1 ? size * n : REPLY_BYTES - 1;
    memcpy(talk->reply, line, length);
    talk->reply[length] = 0;
    talk->reply[strcspn(talk->reply, "\r\n")] = 0;
    if (*talk->reply == '4' || *talk->reply == '5')
        memcpy(talk->refusal, talk->reply, sizeof talk->refusal);
    return size * n;
}

/* ---- what became of it ---- */

static bool is_credential_code(long code)
{
    return code == 530 || code == 534 || code == 535 || code == 538;
}

static void judge_code(const Talk *talk, long code)
{
    char text[24];
    snprintf(text, sizeof text, "%ld", code);
    const char *said = talk->refusal;
    if (is_credential_code(code))
        dunhub_auth(talk->task, text,
                    "%s refused the user or password: %s; correct them in the instance",
                    talk->server, said);
    else if (code >= 500)
        dunhub_permanent(talk->task, text, "%s refused the mail: %s", talk->server, said);
    else
        dunhub_retry(talk->task, 0, text, "%s cannot take the mail now: %s", talk->server, said);
}

/* Judged by the server's code where it gave one: libcurl reports a 550 as a failed send. */
static void judge(const Talk *talk, CURLcode result, long code)
{
    const DunhubTask *task = talk->task;
    bool all_sent = talk->message.n && talk->sent == talk->message.n;
    const char *why = *talk->why ? talk->why : curl_easy_strerror(result);
    if (code >= 400)
        judge_code(talk, code);
    else if (result == CURLE_LOGIN_DENIED)
        dunhub_auth(task, "login",
                    "%s refused the login: %s; correct user and password of the instance",
                    talk->server, why);
    else if (result == CURLE_USE_SSL_FAILED)
        dunhub_retry(task, 0, "no_tls",
                     "%s offers no TLS; nothing was sent: correct option 'tls' or the server",
                     talk->server);
    else if (result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_CONNECT_ERROR ||
             result == CURLE_SSL_CACERT_BADFILE)
        dunhub_retry(
            task, 0, "tls",
            "%s has no certificate that can be trusted: %s; set option 'ca_file' for a private one",
            talk->server, why);
    else if (all_sent)
        dunhub_uncertain(task, "no_answer",
                         "%s did not answer after the whole mail was sent: %s; it may have been "
                         "delivered, look for its Message-ID there",
                         talk->server, why);
    else
        dunhub_retry(task, 0, "unreachable", "%s could not be talked to: %s; the mail was not sent",
                     talk->server, why);
}

/* ---- connection ---- */

static CURL *prepare(Talk *talk)
{
    const DunhubTask *task = talk->task;
    const char *tls = dunhub_option(task, "tls"), *host = dunhub_option(task, "host"),
               *user = dunhub_option(task, "user");
    const char *helo = dunhub_option(task, "helo_name");
    talk->server = dunhub_format(task, "%s://%s:%d", strcmp(tls, "tls") == 0 ? "smtps" : "smtp",
                                 host, (int)dunhub_option_int(task, "port", 587));
    CURL *curl = dunhub_curl(task, "smtp,smtps", dunhub_option_int(task, "timeout_ms", 30000),
                             dunhub_option(task, "ca_file"));
    if (!curl) {
        dunhub_retry(task, 0, "cancelled", "%s: no time was left to send the mail", talk->server);
        return NULL;
    }
    curl_easy_setopt(curl, CURLOPT_URL,
                     helo ? dunhub_format(task, "%s/%s", talk->server, helo) : talk->server);
    curl_easy_setopt(curl, CURLOPT_USE_SSL,
                     (long)(strcmp(tls, "none") == 0 ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    if (user) {
        const char *password = dunhub_option(task, "password");
        curl_easy_setopt(curl, CURLOPT_USERNAME, user);
        curl_easy_setopt(curl, CURLOPT_PASSWORD, password ? password : "");
    }
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, talk->why);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_reply);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, talk);
    return curl;
}

/* Runs what was prepared; true: the server agreed. */
static bool perform(Talk *talk, CURL *curl)
{
    CURLcode result = curl_easy_perform(curl);
    long code = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
    if (result == CURLE_OK)
        return true;
    judge(talk, result, code);
    return false;
}

/* ---- handlers ---- */

static bool build(Talk *talk, const json_t *input, DunhubMail *mail)
{
    const DunhubTask *task = talk->task;
    const char *reply_to = dunhub_find_text(input, "reply_to"),
               *unsubscribe = dunhub_find_text(input, "unsubscribe_url");
    *mail = (DunhubMail){
        .from = dunhub_option(task, "from"),
        .reply_to = reply_to ? reply_to : dunhub_option(task, "reply_to"),
        .list_unsubscribe = unsubscribe ? unsubscribe : dunhub_option(task, "list_unsubscribe"),
        .domain = dunhub_option(task, "message_id_domain"),
        .text = dunhub_find_text(input, "text"),
        .html = dunhub_find_text(input, "html"),
        .key = dunhub_key(task),
        .date = (int64_t)time(NULL),
    };
    if (!mail->key || !*mail->key) {
        dunhub_permanent(task, "key", "the call has no key: the Message-ID is made of it");
        return false;
    }
    if (!dunhub_need_text(task, input, "to", &mail->to) ||
        !dunhub_need_text(task, input, "subject", &mail->subject) ||
        !dunhub_attachments(task, input, &mail->attachments, &mail->n_attachments))
        return false;
    const char *wrong = dunhub_mail_build(task, mail, &talk->message);
    if (wrong)
        dunhub_permanent(task, "message", "the mail cannot be written: %s", wrong);
    return !wrong;
}

static void send_message(Talk *talk, const DunhubMail *mail)
{
    const DunhubTask *task = talk->task;
    CURL *curl = prepare(talk);
    if (!curl)
        return;
    const char *sender = dunhub_option(task, "envelope_from");
    struct curl_slist *to = curl_slist_append(NULL, dunhub_mail_address(task, mail->to));
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM,
                     sender ? sender : dunhub_mail_address(task, mail->from));
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_message);
    curl_easy_setopt(curl, CURLOPT_READDATA, talk);
    curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)talk->message.n);
    if (perform(talk, curl)) {
        const char *id = dunhub_message_id(task, mail);
        json_t *data = json_pack("{s:s, s:s}", "message_id", id, "reply",
                                 dunhub_one_line(task, talk->reply, REPLY_BYTES));
        dunhub_ok_data(task, id, data);
        json_decref(data);
    }
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, NULL);
    curl_slist_free_all(to);
}

static void send_mail(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    Talk talk = {.task = &task};
    DunhubMail mail;
    json_t *input = dunhub_input(&task);
    if (input && build(&talk, input, &mail))
        send_message(&talk, &mail);
    dunhub_buffer_done(&talk.message);
    json_decref(input);
}

/* Connects, says hello, logs in. */
static void check_server(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    Talk talk = {.task = &task};
    const char *from = dunhub_option(&task, "from");
    if (!from || !dunhub_mail_address(&task, from)) {
        dunhub_permanent(&task, "option", "option 'from' is no mail address: %s", from ? from : "");
        return;
    }
    CURL *curl = prepare(&talk);
    if (!curl)
        return;
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, "NOOP");
    curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    if (perform(&talk, curl))
        dunhub_ok(&task, NULL);
}

/* ---- declaration ---- */

#define OPTION(NAME, TYPE, FLAGS, FALLBACK, ALLOWED, DOC)                                          \
    {                                                                                              \
        sizeof(DunhubOption), NAME, DUNHUB_OPTION_##TYPE, FLAGS, FALLBACK, ALLOWED, DOC            \
    }

static const DunhubOption options[] = {
    OPTION("host", TEXT, DUNHUB_OPTION_REQUIRED, NULL, NULL, "Name or address of the mail server."),
    OPTION("port", INT, 0, "587", "1..65535",
           "Its port: 587 for submission, 465 with tls, 25 for a relay."),
    OPTION("tls", CHOICE, 0, "starttls", "none|starttls|tls",
           "starttls and tls send nothing without a verified certificate; none is for a server on "
           "this machine."),
    OPTION("ca_file", PATH, 0, NULL, NULL,
           "File of the authorities to trust (PEM) instead of the system's."),
    OPTION("user", TEXT, 0, NULL, NULL, "User to log in as; absent: no login."),
    OPTION("password", TEXT, DUNHUB_OPTION_SECRET, NULL, NULL, "Password of that user."),
    OPTION("from", TEXT, DUNHUB_OPTION_REQUIRED, NULL, NULL,
           "Sender: billing@company.example or Name <billing@company.example>."),
    OPTION("envelope_from", TEXT, 0, NULL, NULL,
           "Address that bounces go to; absent: that of from."),
    OPTION("reply_to", TEXT, 0, NULL, NULL, "Where answers go; the input's reply_to overrules it."),
    OPTION(
        "list_unsubscribe", TEXT, 0, NULL, NULL,
        "URL of a simple opt-out (https: or mailto:); the input's unsubscribe_url overrules it."),
    OPTION("message_id_domain", TEXT, 0, NULL, NULL,
           "Domain of the Message-ID; absent: that of from."),
    OPTION("helo_name", TEXT, 0, NULL, NULL,
           "Name this machine says hello with; absent: its host name."),
    OPTION("timeout_ms", INT, 0, "30000", "100..300000", "Longest time for one mail."),
};

static const DunhubAction actions[] = {{
    .size = sizeof(DunhubAction),
    .verb = "message.email",
    .object = "message",
    .input_schema = "{\"type\":\"object\",\"required\":[\"to\",\"subject\"],\"properties\":{"
                    "\"to\":{\"type\":\"string\"},\"subject\":{\"type\":\"string\"},\"text\":{"
                    "\"type\":\"string\"},"
                    "\"html\":{\"type\":\"string\"},\"reply_to\":{\"type\":\"string\"},"
                    "\"unsubscribe_url\":{\"type\":\"string\"},"
                    "\"attachments\":{\"type\":\"array\"}}}",
    .doc = "Sends one mail with text, HTML or both, and attachments.",
    .effect = DUNHUB_CONTACT,
    .repeat = DUNHUB_REPEAT_NONE,
    .run = send_mail,
}};

static const DunhubLimits limits = {
    .size = sizeof(DunhubLimits), .concurrency = 4, .timeout_ms = 60000};

static const DunhubPlugin plugin = {
    .magic = DUNHUB_MAGIC,
    .abi_major = DUNHUB_ABI_MAJOR,
    .abi_minor = DUNHUB_ABI_MINOR,
    .size = sizeof(DunhubPlugin),
    .option_size = sizeof(DunhubOption),
    .action_size = sizeof(DunhubAction),
    .source_size = sizeof(DunhubSource),
    .name = "smtp",
    .version = "1.0",
    .doc = "Notices as mail through any SMTP server.",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .actions = actions,
    .n_actions = sizeof actions / sizeof *actions,
    .limits = &limits,
    .check = check_server,
};

DUNHUB_EXPORT const DunhubPlugin *dunhub_plugin(void)
{
    return &plugin;
}
