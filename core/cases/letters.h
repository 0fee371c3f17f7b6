/* Templates for the notices of cases: what they say does not matter there, that they can be
 * rendered does. */
#ifndef DUNHUB_CASES_LETTERS_H
#define DUNHUB_CASES_LETTERS_H

#include "cases/case.h"
#include "notice/notice.h"

/* A template of a line for every notice of the set. NULL and *error. */
Templates *letters_of(const CaseSet *set, GError **error);

#endif
