#include "statement.h"

#include <ctype.h>
#include <libxml/xmlreader.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMESPACE "urn:iso:std:iso:20022:tech:xsd:camt."

/* Where an element stands: Document/BkToCstmrStmt/Stmt/Ntry/NtryDtls/TxDtls */
enum {
    DEPTH_DOCUMENT = 0,
    DEPTH_STATEMENT = 2,
    DEPTH_ENTRY = 3,
    DEPTH_MEMBER = 4,
    DEPTH_DETAIL = 5
};

typedef struct {
    xmlTextReader *reader;
    const CamtVisitor *visitor;
    CamtOutcome outcome;
    char *why;
    int line;
    CamtTransaction common; /* what the entry says of all its transactions */
    CamtTransaction held;   /* the latest one: whether it is the only one shows at the next */
    CamtEntry entry;
    bool in_entry;
} Reading;

static pthread_once_t parser_once = PTHREAD_ONCE_INIT;

/* ---- texts of a tree ---- */

/* path: local names, "Refs/EndToEndId"; the first of each name. */
static xmlNode *node_at(xmlNode *node, const char *path)
{
    while (node && *path) {
        size_t n = strcspn(path, "/");
        xmlNode *child = node->children;
        while (child &&
               (child->type != XML_ELEMENT_NODE || strlen((const char *)child->name) != n ||
                strncmp((const char *)child->name, path, n) != 0))
            child = child->next;
        node = child;
        path += n + (path[n] == '/');
    }
    return node;
}

/* Appends with single blanks, without cutting a letter of UTF-8. */
static void append(char *text, size_t size, const char *more)
{
    size_t n = strlen(text);
    const char *p = more;
    for (; *p && n + 1 < size; p++) {
        bool blank = isspace((unsigned char)*p) || (unsigned char)*p < 0x20;
        if (blank && n && text[n - 1] != ' ')
            text[n++] = ' ';
        else if (!blank)
            text[n++] = *p;
    }
    if (*p) {
        while (n && ((unsigned char)text[n - 1] & 0xc0) == 0x80)
            n--;
        n -= n && (unsigned char)text[n - 1] >= 0xc0;
    }
    text[n] = 0;
}

static void end_blank(char *text)
{
    size_t n = strlen(text);
    if (n && text[n - 1] == ' ')
        text[n - 1] = 0;
}

static void add_text(xmlNode *node, char *text, size_t size)
{
    xmlChar *content = node ? xmlNodeGetContent(node) : NULL;
    if (content) {
        if (*text)
            append(text, size, " ");
        append(text, size, (const char *)content);
    }
    end_blank(text);
    xmlFree(content);
}

static bool put_text(xmlNode *node, const char *path, char *ret, size_t size)
{
    xmlNode *found = node_at(node, path);
    if (found) {
        *ret = 0;
        add_text(found, ret, size);
    }
    return found && *ret;
}

/* A date, or the date of a date and time. */
static void put_day(xmlNode *node, const char *path, char ret[11])
{
    char text[64] = "";
    xmlNode *day = node_at(node, path);
    if (put_text(day, "Dt", text, sizeof text) || put_text(day, "DtTm", text, sizeof text))
        snprintf(ret, 11, "%.10s", text);
}

static bool put_amount(xmlNode *amount, char ret_amount[32], char ret_currency[4])
{
    if (!amount)
        return false;
    xmlChar *currency = xmlGetNoNsProp(amount, (const xmlChar *)"Ccy");
    bool good = currency && strlen((const char *)currency) == 3;
    if (good) {
        *ret_amount = 0;
        add_text(amount, ret_amount, 32);
        snprintf(ret_currency, 4, "%.3s", (const char *)currency);
    }
    xmlFree(currency);
    return good;
}

static bool is_true(const char *text)
{
    return strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
}

/* ---- an entry ---- */

static void take_status(xmlNode *node, CamtTransaction *common)
{
    static const struct {
        const char *word;
        CamtStatus status;
    } words[] = {{"BOOK", CAMT_BOOKED},
                 {"PDNG", CAMT_PENDING},
                 {"FUTR", CAMT_PENDING},
                 {"INFO", CAMT_INFORMATION}};
    char text[16] = "";
    if (!put_text(node, "Cd", text, sizeof text)) /* a code of its own since version 8 */
        put_text(node, "", text, sizeof text);
    common->status = CAMT_UNKNOWN;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(text, words[i].word) == 0)
            common->status = words[i].status;
}

static void take_additional(xmlNode *node, CamtTransaction *ret, unsigned n)
{
    if (n <= 1 && !*ret->additional)
        put_text(node, "", ret->additional, sizeof ret->additional);
}

/* A member of the entry; nearly all come before its details. */
static void take_member(Reading *in, const char *name, xmlNode *node)
{
    CamtTransaction *common = &in->common;
    char word[16] = "";
    put_text(node, "", word, sizeof word);
    if (strcmp(name, "Amt") == 0)
        put_amount(node, in->entry.amount, in->entry.currency);
    else if (strcmp(name, "CdtDbtInd") == 0)
        common->credit = strcmp(word, "CRDT") == 0;
    else if (strcmp(name, "RvslInd") == 0)
        common->reversal = is_true(word);
    else if (strcmp(name, "Sts") == 0)
        take_status(node, common);
    else if (strcmp(name, "BookgDt") == 0)
        put_day(node, "", common->booked_on);
    else if (strcmp(name, "ValDt") == 0)
        put_day(node, "", common->value_on);
    else if (strcmp(name, "AcctSvcrRef") == 0)
        put_text(node, "", common->entry_ref, sizeof common->entry_ref);
    else if (strcmp(name, "BkTxCd") == 0)
        put_text(node, "Domn/Fmly/Cd", common->family, sizeof common->family);
    else if (strcmp(name, "AddtlNtryInf") ==
             0) /* behind the details; of a batch it says nothing of the one */
        take_additional(node, in->entry.n ? &in->held : common, in->entry.n);
}

static bool give(Reading *in, CamtTransaction *transaction, unsigned of)
{
    transaction->of = of;
    if (of == 1 && !*transaction->amount && *in->entry.amount)
        memcpy(transaction->amount, in->entry.amount, sizeof transaction->amount);
    if (in->visitor->transaction(in->visitor->data, transaction))
        return true;
    in->outcome = CAMT_ENDED;
    return false;
}

/* ---- a transaction ---- */

/* The amount in the currency of the entry: what was booked, not what was instructed elsewhere. */
static void take_amount(xmlNode *node, const CamtEntry *entry, CamtTransaction *ret)
{
    static const char *const places[] = {"Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/CntrValAmt/Amt",
                                         "AmtDtls/InstdAmt/Amt"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char amount[32], currency[4];
        if (put_amount(node_at(node, places[i]), amount, currency) &&
            strcmp(currency, entry->currency) == 0) {
            memcpy(ret->amount, amount, sizeof amount);
            return;
        }
    }
}

static void take_remittance(xmlNode *node, CamtTransaction *ret)
{
    xmlNode *information = node_at(node, "RmtInf");
    for (xmlNode *child = information ? information->children : NULL; child; child = child->next) {
        if (child->type != XML_ELEMENT_NODE)
            continue;
        if (strcmp((const char *)child->name, "Ustrd") == 0)
            add_text(child, ret->remittance, sizeof ret->remittance);
        if (strcmp((const char *)child->name, "Strd") != 0)
            continue;
        if (!*ret->creditor_ref)
            put_text(child, "CdtrRefInf/Ref", ret->creditor_ref, sizeof ret->creditor_ref);
        add_text(node_at(child, "RfrdDocInf/Nb"), ret->remittance, sizeof ret->remittance);
        add_text(node_at(child, "AddtlRmtInf"), ret->remittance, sizeof ret->remittance);
    }
}

static void take_transaction(const Reading *in, xmlNode *node, CamtTransaction *ret)
{
    char word[16] = "";
    *ret = in->common;
    memcpy(ret->currency, in->entry.currency, sizeof ret->currency);
    ret->nth = in->entry.n;
    ret->line = (int)xmlGetLineNo(node);
    take_amount(node, &in->entry, ret);
    take_remittance(node, ret);
    put_text(node, "Refs/AcctSvcrRef", ret->ref, sizeof ret->ref);
    put_text(node, "Refs/InstrId", ret->instruction, sizeof ret->instruction);
    put_text(node, "Refs/EndToEndId", ret->end_to_end, sizeof ret->end_to_end);
    put_text(node, "BkTxCd/Domn/Fmly/Cd", ret->family, sizeof ret->family);
    put_text(node, "AddtlTxInf", ret->additional, sizeof ret->additional);
    if (put_text(node, "CdtDbtInd", word, sizeof word))
        ret->credit = strcmp(word, "CRDT") == 0;
    /* Since version 8 a party is a choice with a name one deeper. Of a return the debtor is the one it came from. */
    const char *const parties[] = {ret->credit ? "RltdPties/Dbtr/Nm" : "RltdPties/Cdtr/Nm",
                                   ret->credit ? "RltdPties/Dbtr/Pty/Nm" : "RltdPties/Cdtr/Pty/Nm"};
    for (size_t i = 0; i < 2 && !*ret->party; i++)
        put_text(node, parties[i], ret->party, sizeof ret->party);
    xmlNode *returned = node_at(node, "RtrInf");
    ret->returned = returned != NULL;
    if (!put_text(returned, "Rsn/Cd", ret->return_code, sizeof ret->return_code))
        put_text(returned, "Rsn/Prtry", ret->return_code, sizeof ret->return_code);
}

static bool take_detail(Reading *in, const char *name, xmlNode *node)
{
    char number[16] = "";
    if (strcmp(name, "Btch") == 0 && put_text(node, "NbOfTxs", number, sizeof number))
        in->entry.stated += (unsigned)strtoul(number, NULL, 10);
    if (strcmp(name, "TxDtls") != 0)
        return true;
    if (in->entry.n && !give(in, &in->held, 0))
        return false;
    in->entry.n++;
    take_transaction(in, node, &in->held);
    return true;
}

/* The last transaction, or the entry itself where the bank gives no details. */
static bool end_entry(Reading *in)
{
    in->in_entry = false;
    if (!in->entry.n && in->entry.stated <= 1) {
        in->held = in->common;
        memcpy(in->held.currency, in->entry.currency, sizeof in->held.currency);
        in->held.nth = in->entry.n = 1;
        in->held.line = in->entry.line;
    }
    if (in->entry.n && !give(in, &in->held, in->entry.n))
        return false;
    if (in->visitor->entry(in->visitor->data, &in->entry))
        return true;
    in->outcome = CAMT_ENDED;
    return false;
}

/* ---- the file ---- */

static bool stop(Reading *in, CamtOutcome outcome, const char *why)
{
    snprintf(in->why, 256, "%s", why);
    in->line = xmlTextReaderGetParserLineNumber(in->reader);
    in->outcome = outcome;
    return false;
}

static bool is_one_of_ours(Reading *in, const char *name)
{
    static const char foreign[] = "it is no camt.053 or camt.054 of ISO 20022";
    const char *space = (const char *)xmlTextReaderConstNamespaceUri(in->reader);
    const char *kind =
        space && strncmp(space, NAMESPACE, strlen(NAMESPACE)) == 0 ? space + strlen(NAMESPACE) : "";
    if (strcmp(name, "Document") == 0 &&
        (strncmp(kind, "053.", 4) == 0 || strncmp(kind, "054.", 4) == 0))
        return true;
    return stop(in, CAMT_FOREIGN, foreign);
}

static void begin_entry(Reading *in)
{
    char account[CAMT_REF_BYTES];
    memcpy(account, in->common.account, sizeof account);
    in->common = (CamtTransaction){.status = CAMT_UNKNOWN};
    memcpy(in->common.account, account, sizeof account);
    in->entry = (CamtEntry){.line = (int)xmlGetLineNo(xmlTextReaderCurrentNode(in->reader))};
    in->in_entry = true;
}

static bool take_tree(Reading *in, int depth, const char *name)
{
    xmlNode *node = xmlTextReaderExpand(in->reader);
    if (!node)
        return true; /* not well-formed: the next step says so */
    if (depth == DEPTH_ENTRY) {
        if (!put_text(node, "Id/IBAN", in->common.account, sizeof in->common.account))
            put_text(node, "Id/Othr/Id", in->common.account, sizeof in->common.account);
        return true;
    }
    if (depth == DEPTH_MEMBER) {
        take_member(in, name, node);
        return true;
    }
    return take_detail(in, name, node);
}

/* An element begins. ret_over: all of it was read, go on behind it. */
static bool take_element(Reading *in, int depth, const char *name, bool *ret_over)
{
    static const char *const ways[][3] = {
        {"Document"}, {"BkToCstmrStmt", "BkToCstmrDbtCdtNtfctn"}, {"Stmt", "Ntfctn"}};
    if (depth == DEPTH_DOCUMENT && !is_one_of_ours(in, name))
        return false;
    if (depth <= DEPTH_STATEMENT) {
        bool leads_there = strcmp(ways[depth][0], name) == 0 ||
                           (ways[depth][1] && strcmp(ways[depth][1], name) == 0);
        *ret_over = !leads_there;
        if (depth == DEPTH_STATEMENT)
            in->common = (CamtTransaction){0};
        return true;
    }
    bool is_entry = depth == DEPTH_ENTRY && strcmp(name, "Ntry") == 0;
    bool is_details = depth == DEPTH_MEMBER && strcmp(name, "NtryDtls") == 0;
    *ret_over = !is_entry && !is_details;
    if (is_entry && !xmlTextReaderIsEmptyElement(in->reader))
        begin_entry(in);
    if (depth == DEPTH_ENTRY && strcmp(name, "Acct") != 0)
        return true;
    return !*ret_over || take_tree(in, depth, name);
}

static bool take_node(Reading *in, bool *ret_over)
{
    int type = xmlTextReaderNodeType(in->reader), depth = xmlTextReaderDepth(in->reader);
    *ret_over = false;
    if (type == XML_READER_TYPE_DOCUMENT_TYPE)
        return stop(in, CAMT_BROKEN,
                    "it holds a document type, which no statement needs; it is refused");
    if (type == XML_READER_TYPE_ENTITY_REFERENCE)
        return stop(in, CAMT_BROKEN, "it holds a reference to an entity; it is refused");
    if (type == XML_READER_TYPE_END_ELEMENT && depth == DEPTH_ENTRY && in->in_entry)
        return end_entry(in);
    if (type != XML_READER_TYPE_ELEMENT)
        return true;
    return take_element(in, depth, (const char *)xmlTextReaderConstLocalName(in->reader), ret_over);
}

static void keep_error(void *data, xmlErrorPtr error)
{
    Reading *in = data;
    if (*in->why || !error->message)
        return;
    append(in->why, 256, error->message);
    end_blank(in->why);
    in->line = error->line;
}

CamtOutcome camt_read(int fd, const CamtVisitor *visitor, char ret_why[256], int *ret_line)
{
    *ret_why = 0;
    *ret_line = 0;
    pthread_once(&parser_once, xmlInitParser);
    Reading in = {.visitor = visitor, .why = ret_why};
    in.reader =
        xmlReaderForFd(fd, NULL, NULL, XML_PARSE_NONET | XML_PARSE_COMPACT | XML_PARSE_BIG_LINES);
    if (!in.reader) {
        snprintf(ret_why, 256, "there is not enough memory to read it");
        return CAMT_BROKEN;
    }
    xmlTextReaderSetStructuredErrorHandler(in.reader, keep_error, &in);
    int more = xmlTextReaderRead(in.reader);
    bool over;
    while (more == 1 && take_node(&in, &over))
        more = over ? xmlTextReaderNext(in.reader) : xmlTextReaderRead(in.reader);
    if (more < 0 && in.outcome == CAMT_READ) {
        in.outcome = CAMT_BROKEN;
        if (!*ret_why)
            snprintf(ret_why, 256, "it is no XML");
    }
    *ret_line = in.line;
    xmlFreeTextReader(in.reader);
    return in.outcome;
}
