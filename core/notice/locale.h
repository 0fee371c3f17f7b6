/* How people of a language write amounts and dates: small tables of our own, so that a letter does not depend on what locales a
 * machine has installed. Languages without a row get "USD 1,234.50" and "2026-07-01". */
#ifndef DUNHUB_NOTICE_LOCALE_H
#define DUNHUB_NOTICE_LOCALE_H

#include "base/date.h"
#include "base/money.h"

/* language: BCP 47; the row of "de-AT", else of "de". Caller frees. */
char *locale_amount(const char *language, Money money);
char *locale_date(const char *language, Date date);

/* Words of a letter's frame. English where the language has no row. */
typedef enum { WORD_DATE, WORD_CUSTOMER, WORD_PROPERTY, WORD_PAGE /* "Page %1 of %2" */, N_WORDS } LocaleWord;
const char *locale_word(const char *language, LocaleWord word);
/* Tags that have a row, NULL-ended: for the reference and tests. */
const char *const *locale_tags(void);

#endif
