#include "model/work.h"

const char *const urgency_words[] = {"", "harm", "waited", "stuck", "routine", "tidy", NULL};

const char *const work_kind_words[] = {"approval",     "contact",  "dead", "held",
                                       "intervention", "outreach", "plan", "promise",
                                       "release",      "reply",    NULL};
