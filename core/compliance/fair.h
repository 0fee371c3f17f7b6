/* What rules may not read: traits that the law protects, and what stands for them (42 U.S.C. 3604, domain.md §9 fair_housing). */
#ifndef DUNHUB_COMPLIANCE_FAIR_H
#define DUNHUB_COMPLIANCE_FAIR_H

#include "base/diag.h"

/* The first refused word of a condition, tag or name, part of a longer word or not; static text, NULL: none. */
const char *fair_refused(const char *text);
/* True, or C066 at that place. */
bool fair_check(const char *text, DiagPlace place, Diags *diags);

#endif
