/* An act's input as an envelope: from a template whose tabs are filled, or around the letter that travels with the act. */
#include "docusign.h"

#include <stdlib.h>
#include <string.h>

const char *transaction_id(const DunhubTask *task, const char *key)
{
    char h[DUNHUB_HEX_SHA256];
    dunhub_sha256_hex(key, strlen(key), h);
    return dunhub_format(task, "%.8s-%.4s-5%.3s-a%.3s-%.12s", h, h + 8, h + 13, h + 17, h + 20);
}

/* Scalars are texts there. NULL: none, or something that is no scalar. */
static const char *value_of(const DunhubTask *task, const json_t *input, const char *path)
{
    const char *member = strrchr(path, '/');
    const json_t *minor = dunhub_at(input, path);
    const char *currency = dunhub_at_text(input, "/case/currency");
    bool amount = member && (strcmp(member, "/overdue") == 0 || strcmp(member, "/balance") == 0);
    if (amount && currency && json_is_integer(minor)) {
        char text[32];
        return dunhub_format(task, "%s",
                             dunhub_money_format(json_integer_value(minor), currency, text));
    }
    return dunhub_at_any(task, input, path);
}

/* tabs: {label: path of the input}. */
static json_t *text_tabs(const DunhubTask *task, const json_t *input)
{
    json_t *tabs = dunhub_option_json(task, "tabs"), *list = json_array(), *path;
    const char *label;
    json_object_foreach(tabs, label, path)
    {
        const char *value = value_of(task, input, json_string_value(path));
        if (value)
            json_array_append_new(list, json_pack("{s:s, s:s}", "tabLabel", label, "value", value));
    }
    json_decref(tabs);
    return list;
}

typedef struct {
    const char *name, *email;
} Signer;

static bool read_signer(const DunhubTask *task, const json_t *input, Signer *ret_signer)
{
    const char *to = dunhub_find_text(input, "to");
    const json_t *customer = json_object_get(input, "customer");
    const char *email = to ? dunhub_mail_address(task, to) : dunhub_find_text(customer, "email");
    const char *name = dunhub_find_text(input, "signer_name");
    name = name ? name : dunhub_find_text(customer, "name");
    if (!email || !name) {
        dunhub_permanent(task, "input",
                         "a signer needs a name and an e-mail address: the customer has no %s",
                         email ? "name" : "e-mail address");
        return false;
    }
    *ret_signer = (Signer){dunhub_one_line(task, name, 100), email};
    return true;
}

static void add_template(const DunhubTask *task, const json_t *input, const char *template_id,
                         const Signer *signer, json_t *envelope)
{
    json_t *role =
        json_pack("{s:s, s:s, s:s, s:{s:o}}", "roleName", dunhub_option(task, "role_name"), "name",
                  signer->name, "email", signer->email, "tabs", "textTabs", text_tabs(task, input));
    json_object_set_new(envelope, "templateId", json_string(template_id));
    json_object_set_new(envelope, "templateRoles", json_pack("[o]", role));
}

/* The letter of the act is the document; who signs puts the signature where it suits. */
static bool add_letter(const DunhubTask *task, const json_t *input, const Signer *signer,
                       json_t *envelope)
{
    const DunhubAttachment *rows = NULL;
    size_t n = 0, length = 0;
    if (!dunhub_attachments(task, input, &rows, &n))
        return false;
    if (!n) {
        dunhub_permanent(
            task, "input",
            "there is neither a template_id nor a letter to be signed: name one in the "
            "act's input or in the instance's options");
        return false;
    }
    char *encoded = dunhub_base64_encode(rows[0].bytes.p, rows[0].bytes.n, &length);
    json_t *document = json_pack("{s:s*, s:s, s:s, s:s}", "documentBase64", encoded, "name",
                                 rows[0].name ? rows[0].name : "notice.pdf", "fileExtension", "pdf",
                                 "documentId", "1");
    free(encoded);
    json_object_set_new(envelope, "documents", json_pack("[o]", document));
    json_object_set_new(envelope, "recipients",
                        json_pack("{s:[{s:s, s:s, s:s, s:s}]}", "signers", "recipientId", "1",
                                  "routingOrder", "1", "name", signer->name, "email",
                                  signer->email));
    return true;
}

static void add_notification(const DunhubTask *task, json_t *envelope)
{
    DunhubBytes value = {0};
    uint64_t version;
    if (task->host->state_get(task->call, HOOK_STATE, &value, &version) != 1 || !value.n)
        return;
    json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:s, s:[s, s, s], s:{s:s, s:s, s:[s, s]}}", "url",
                            dunhub_text(task, value), "loggingEnabled", "true",
                            "requireAcknowledgment", "true", "includeHMAC", "true", "deliveryMode",
                            "SIM", "events", "envelope-completed", "envelope-declined",
                            "envelope-voided", "eventData", "version", "restv2.1", "format", "json",
                            "includeData", "custom_fields", "recipients");
    json_object_set_new(envelope, "eventNotification", row);
}

json_t *envelope_body(const DunhubTask *task, const json_t *input, const char *key)
{
    Signer signer;
    const char *template_id = dunhub_find_text(input, "template_id");
    template_id = template_id ? template_id : dunhub_option(task, "template_id");
    const char *subject = dunhub_find_text(input, "subject");
    subject = subject ? subject : dunhub_option(task, "subject");
    if (!read_signer(task, input, &signer))
        return NULL;
    json_t *envelope = json_pack("{s:s, s:s, s:s, s:{s:[{s:s, s:s, s:s, s:s}]}}", "status", "sent",
                                 "transactionId", transaction_id(task, key), "emailSubject",
                                 dunhub_shorten(task, dunhub_one_line(task, subject, 400), 100),
                                 "customFields", "textCustomFields", "name", CASE_FIELD, "value",
                                 key, "show", "false", "required", "false");
    bool good = true;
    if (template_id)
        add_template(task, input, template_id, &signer, envelope);
    else
        good = add_letter(task, input, &signer, envelope);
    add_notification(task, envelope);
    if (good)
        return envelope;
    json_decref(envelope);
    return NULL;
}
