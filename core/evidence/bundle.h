/* Evidence of one account as one file: what happened, the exact messages, the chain with the seals that cover it, everything
 * needed to check it without the store, and a signature (docs/evidence.md has the layout). No data of other accounts. */
#ifndef DUNHUB_EVIDENCE_BUNDLE_H
#define DUNHUB_EVIDENCE_BUNDLE_H

#include "evidence/key.h"
#include "evidence/timeline.h"

#define BUNDLE_MANIFEST "manifest.json"
#define BUNDLE_SIGNATURE "signature.json"
#define BUNDLE_README "readme.txt"
#define BUNDLE_CHAIN "chain.ndjson"
#define BUNDLE_SEALS "seals.ndjson"
#define BUNDLE_JOURNAL "journal.ndjson"
#define BUNDLE_ACCOUNT "account.json"
#define BUNDLE_SALT "salt.json"
#define BUNDLE_VERSIONS "versions.json"
#define BUNDLE_TIMELINE "timeline" /* .txt .html .json .pdf */
#define BUNDLE_LARGEST_BYTES (INT64_C(2) << 30)

typedef enum { BUNDLE_ERROR_UNKNOWN, BUNDLE_ERROR_MISSING, BUNDLE_ERROR_LARGE } BundleError;
GQuark bundle_error_quark(void);
#define BUNDLE_ERROR bundle_error_quark()

typedef struct {
    Store *store;
    const char *account;
    const char *organisation;
    const char *zone;     /* of accounts that have none of their own */
    const char *program;  /* "dunhub 0.9.0" */
    const SigningKey *key;
    Instant signed_at;
    bool whole_configuration; /* the configurations themselves go along, not only their hashes and the rules of law */
    /* Draws the timeline as a PDF. NULL: none goes along. */
    bool (*draw)(void *data, const Timeline *timeline, GBytes **ret_pdf, GError **error);
    void *draw_data;
} BundleSetup;
/* The same store gives the same bytes, but for the instant of the signature. */
bool bundle_make(const BundleSetup *setup, GByteArray **ret_bundle, GError **error);

typedef struct {
    char *account;               /* NULL: it does not say */
    char *signed_at, *signed_by; /* as written; public key in hex; NULL: not readable */
    uint64_t entries, erased, seals, notices, files;
    uint64_t findings;
} BundleReport;
/* where: the file in the bundle, with the line of NDJSON; "" the bundle itself. false stops. */
typedef bool (*BundleFinding)(const char *where, const char *what, void *data);
/* Checks everything, whatever the bytes are. public: the key that must have signed; NULL: only that the key it names did. */
void bundle_verify(const uint8_t *bytes, size_t n, const uint8_t *public, BundleFinding finding, void *data, BundleReport *ret_report);
void bundle_report_clear(BundleReport *report);

/* ---- lines.c: what stands in the NDJSON files, and back -------------------------------------------------------------- */
json_t *line_of_entry(const char *account, const AuditEntry *entry); /* new reference */
bool line_to_entry(const json_t *line, Arena *arena, const char **ret_account, AuditEntry *ret_entry);
json_t *line_of_seal(const Seal *seal);
bool line_to_seal(const json_t *line, Seal *ret_seal);
json_t *line_of_journal(const JournalEntry *entry);
/* What is signed. Caller frees. */
char *signed_text(const Hash *manifest, const char *signed_at);

#endif
