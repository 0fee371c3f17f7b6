/* What Connect delivers, as JSON (SIM) or as the legacy XML: who signed, who declined. */
#include "docusign.h"

#include <string.h>

typedef struct {
    const char *what, *envelope, *key, *by, *text, *time;
} News;

/* Only the end of an envelope is told; opening it, and our own voiding, are not. */
static void tell(const DunhubTask *task, const News *news)
{
    static const struct {
        const char *what, *type;
    } rows[] = {{"completed", "document.signed"}, {"declined", "document.declined"}};
    for (size_t i = 0; news->what && news->envelope && i < sizeof rows / sizeof *rows; i++) {
        if (strcasecmp(news->what, rows[i].what) != 0)
            continue;
        json_t *data = json_pack("{s:s, s:s*, s:s*, s:s*}", "object", news->envelope, "act",
                                 news->key, "by", news->by, "text", news->text);
        const char *id = dunhub_format(task, "%s:%s", news->envelope, rows[i].what);
        dunhub_emit(task, rows[i].type, id, NULL, news->time,
                    json_pack("{s:s}", "object", news->envelope), data);
    }
}

static const char *custom_field(const json_t *summary)
{
    const json_t *fields = dunhub_at(summary, "/customFields/textCustomFields");
    for (size_t i = 0; i < json_array_size(fields); i++) {
        const char *name = dunhub_find_text(json_array_get(fields, i), "name");
        if (name && strcmp(name, CASE_FIELD) == 0)
            return dunhub_find_text(json_array_get(fields, i), "value");
    }
    return NULL;
}

/* The signer that made it end: the one who declined, else the first. */
static const json_t *signer_of(const json_t *summary)
{
    const json_t *signers = dunhub_at(summary, "/recipients/signers");
    for (size_t i = 0; i < json_array_size(signers); i++) {
        const char *status = dunhub_find_text(json_array_get(signers, i), "status");
        if (status && strcmp(status, "declined") == 0)
            return json_array_get(signers, i);
    }
    return json_array_get(signers, 0);
}

static bool map_json(const DunhubTask *task, const json_t *body)
{
    const char *event = dunhub_find_text(body, "event");
    const json_t *summary = dunhub_at(body, "/data/envelopeSummary");
    const json_t *signer = signer_of(summary);
    if (!event)
        return false;
    bool of_envelope = strncmp(event, "envelope-", 9) == 0;
    tell(task, &(News){.what = of_envelope ? event + 9 : NULL,
                       .envelope = dunhub_at_text(body, "/data/envelopeId"),
                       .key = custom_field(summary),
                       .by = dunhub_find_text(signer, "name"),
                       .text = dunhub_find_text(signer, "declinedReason"),
                       .time = dunhub_find_text(body, "generatedDateTime")});
    return true;
}

static const char *xml_field(const DunhubXml *status)
{
    for (const DunhubXml *field = dunhub_xml_at(status, "CustomFields/CustomField"); field;
         field = dunhub_xml_next(field)) {
        const char *name = dunhub_xml_text(field, "Name");
        if (name && strcmp(name, CASE_FIELD) == 0)
            return dunhub_xml_text(field, "Value");
    }
    return NULL;
}

static bool map_xml(const DunhubTask *task, DunhubBytes body)
{
    const DunhubXml *root = dunhub_xml(task, body.p, body.n);
    const DunhubXml *status = root ? dunhub_xml_at(root, "EnvelopeStatus") : NULL;
    if (!status)
        return false;
    const DunhubXml *signer = dunhub_xml_at(status, "RecipientStatuses/RecipientStatus");
    tell(task, &(News){.what = dunhub_xml_text(status, "Status"),
                       .envelope = dunhub_xml_text(status, "EnvelopeID"),
                       .key = xml_field(status),
                       .by = signer ? dunhub_xml_text(signer, "UserName") : NULL,
                       .text = signer ? dunhub_xml_text(signer, "DeclineReason") : NULL});
    return true;
}

void map(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    DunhubDelivery delivery;
    if (!dunhub_delivery(&task, &delivery))
        return;
    json_t *body = json_loadb(delivery.body.p, delivery.body.n, 0, NULL);
    if (body ? map_json(&task, body) : map_xml(&task, delivery.body))
        dunhub_ok(&task, NULL);
    else
        dunhub_permanent(&task, "body", "the delivery is neither Connect's JSON nor its XML");
    json_decref(body);
    dunhub_delivery_done(&delivery);
}
