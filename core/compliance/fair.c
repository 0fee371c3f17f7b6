#include "compliance/fair.h"

#include <string.h>

/* One word each; "marital_status" is found by its part. */
static const char *const refused[] = {
    "race",
    "racial",
    "color",
    "colour",
    "religion",
    "religious",
    "sex",
    "gender",
    "pregnant",
    "pregnancy",
    "disability",
    "disabled",
    "handicap",
    "handicapped",
    "child",
    "children",
    "kids",
    "familial",
    "family",
    "nationality",
    "ethnicity",
    "ethnic",
    "ancestry",
    "marital",
    "married",
    "immigrant",
    "immigration",
    "citizenship",
    "birth",
    "birthday",
    "elderly",
    "surname",
    "zip",
    "zipcode",
    "postcode",
    "neighborhood",
    "neighbourhood",
    "language",
    /* in two words */
    "national_origin",
    "sexual_orientation",
    "postal_code",
    "first_name",
    "last_name",
};

static bool is_word(char c)
{
    return g_ascii_isalnum(c) || c == '_';
}

/* At `at`, a whole word or a whole part between underscores. */
static bool stands_at(const char *text, const char *at, const char *word)
{
    size_t n = strlen(word);
    return g_ascii_strncasecmp(at, word, n) == 0 && !g_ascii_isalnum(at[n]) &&
           (at == text || !g_ascii_isalnum(at[-1]));
}

const char *fair_refused(const char *text)
{
    for (const char *at = text; at && *at; at++) {
        if (!is_word(*at))
            continue;
        for (size_t i = 0; i < G_N_ELEMENTS(refused); i++)
            if (stands_at(text, at, refused[i]))
                return refused[i];
    }
    return NULL;
}

bool fair_check(const char *text, DiagPlace place, Diags *diags)
{
    const char *word = fair_refused(text);
    if (!word)
        return true;
    diags_add(diags, "C066", place,
              "rules do not read '%s': it is a protected trait, or stands for one; decide by what "
              "is owed and since when",
              word);
    return false;
}
