/* XML by libxml2, read only: no network, no entities of its own, no DTD. */
#include "dunhub/platform.h"

#include <libxml/parser.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>

enum { DEPTH_MAX = 100, NODES_MAX = 200000 };

/* A copy in the call's memory, so that nothing of libxml2's has to be freed when the handler returns. */
struct DunhubXml {
    const char *name, *text; /* local name; the text directly within */
    DunhubXml *first, *next;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void be_quiet(void *context, const char *format, ...)
{
    (void)context, (void)format;
}

static void begin(void)
{
    xmlInitParser();
}

typedef struct {
    const DunhubTask *task;
    unsigned nodes;
    bool failed;
} Copy;

static char *text_within(Copy *copy, const xmlNode *node)
{
    DunhubBuffer buffer = {0};
    for (const xmlNode *child = node->children; child; child = child->next)
        if ((child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE) &&
            child->content)
            dunhub_append_text(&buffer, (const char *)child->content);
    char *text = dunhub_buffer_text(copy->task, &buffer);
    copy->failed |= !text;
    return text;
}

static DunhubXml *copy_node(Copy *copy, const xmlNode *node, int depth)
{
    DunhubXml *kept = depth < DEPTH_MAX && copy->nodes++ < NODES_MAX
                          ? copy->task->host->alloc(copy->task->call, sizeof *kept)
                          : NULL;
    if (!kept) {
        copy->failed = true;
        return NULL;
    }
    kept->name = dunhub_format(copy->task, "%s", (const char *)node->name);
    kept->text = text_within(copy, node);
    DunhubXml **end = &kept->first;
    for (const xmlNode *child = node->children; child && !copy->failed; child = child->next) {
        if (child->type != XML_ELEMENT_NODE)
            continue;
        *end = copy_node(copy, child, depth + 1);
        end = *end ? &(*end)->next : end;
    }
    return kept;
}

DunhubXml *dunhub_xml(const DunhubTask *task, const char *bytes, size_t n)
{
    pthread_once(&once, begin);
    if (n == 0 || n > INT_MAX)
        return NULL;
    xmlSetGenericErrorFunc(NULL, be_quiet);
    xmlDoc *document = xmlReadMemory(bytes, (int)n, NULL, NULL,
                                     XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
                                         XML_PARSE_COMPACT);
    if (!document)
        return NULL;
    Copy copy = {.task = task};
    const xmlNode *root = xmlDocGetRootElement(document);
    DunhubXml *kept = root && !document->intSubset ? copy_node(&copy, root, 0) : NULL;
    xmlFreeDoc(document);
    return copy.failed ? NULL : kept;
}

static const DunhubXml *find(const DunhubXml *node, const char *name, size_t n)
{
    while (node && !(strncmp(node->name, name, n) == 0 && !node->name[n]))
        node = node->next;
    return node;
}

const DunhubXml *dunhub_xml_at(const DunhubXml *node, const char *path)
{
    while (node && *path) {
        size_t n = strcspn(path, "/");
        node = find(node->first, path, n);
        path += n + (path[n] == '/');
    }
    return node;
}

const DunhubXml *dunhub_xml_next(const DunhubXml *node)
{
    return find(node->next, node->name, strlen(node->name));
}

const char *dunhub_xml_name(const DunhubXml *node)
{
    return node->name;
}

const char *dunhub_xml_text(const DunhubXml *node, const char *path)
{
    const DunhubXml *found = dunhub_xml_at(node, path);
    return found ? found->text : NULL;
}
