#include "notice/locale.h"

#include <string.h>

#define NBSP "\u00a0"
#define THIN "\u202f" /* narrow no-break space */

/* Where the currency stands, and what parts it from the figures. */
typedef enum { BEFORE, BEFORE_SPACED, AFTER } Position;

typedef struct {
    const char *tag;
    const char *decimal, *group;
    bool lakh;      /* groups of two above the thousands */
    int group_from; /* digits before the decimal sign from which groups are made */
    Position position;
    const char *own[2]; /* a currency, and the sign that means it here without doubt */
    const char *
        date; /* y year, m month, d day, M name of the month, o day with the first marked; the rest as it is */
    const char *months; /* language whose names are used */
} Locale;

static const Locale locales[] = {
    {"en", ".", ",", false, 4, BEFORE_SPACED, {NULL, NULL}, "d M y", "en"},
    {"en-US", ".", ",", false, 4, BEFORE, {"USD", "$"}, "M d, y", "en"},
    {"en-CA", ".", ",", false, 4, BEFORE, {"CAD", "$"}, "M d, y", "en"},
    {"en-GB", ".", ",", false, 4, BEFORE, {"GBP", "£"}, "d M y", "en"},
    {"en-IE", ".", ",", false, 4, BEFORE, {"EUR", "€"}, "d M y", "en"},
    {"en-AU", ".", ",", false, 4, BEFORE, {"AUD", "$"}, "d M y", "en"},
    {"en-IN", ".", ",", true, 4, BEFORE, {"INR", "₹"}, "d M y", "en"},
    {"de", ",", ".", false, 4, AFTER, {"EUR", "€"}, "d. M y", "de"},
    {"de-AT", ",", NBSP, false, 4, BEFORE_SPACED, {"EUR", "€"}, "d. M y", "de-AT"},
    {"de-CH", ".", "’", false, 4, BEFORE_SPACED, {"CHF", "CHF"}, "d. M y", "de"},
    {"fr", ",", THIN, false, 4, AFTER, {"EUR", "€"}, "o M y", "fr"},
    {"fr-CA", ",", NBSP, false, 4, AFTER, {"CAD", "$"}, "o M y", "fr"},
    {"fr-CH", ".", THIN, false, 4, AFTER, {"CHF", "CHF"}, "o M y", "fr"},
    {"es", ",", ".", false, 5, AFTER, {"EUR", "€"}, "d de M de y", "es"},
    {"es-MX", ".", ",", false, 4, BEFORE, {"MXN", "$"}, "d de M de y", "es"},
    {"es-US", ".", ",", false, 4, BEFORE, {"USD", "$"}, "d de M de y", "es"},
    {"nl", ",", ".", false, 4, BEFORE_SPACED, {"EUR", "€"}, "d M y", "nl"},
    {"it", ",", ".", false, 4, AFTER, {"EUR", "€"}, "d M y", "it"},
    {"pt", ",", NBSP, false, 5, AFTER, {"EUR", "€"}, "d de M de y", "pt"},
    {"pt-BR", ",", ".", false, 4, BEFORE_SPACED, {"BRL", "R$"}, "d de M de y", "pt"},
    {"pl", ",", NBSP, false, 5, AFTER, {"PLN", "zł"}, "d M y", "pl"},
    {"ru", ",", NBSP, false, 4, AFTER, {"RUB", "₽"}, "d M y г.", "ru"},
    {"ar", ".", ",", false, 4, AFTER, {NULL, NULL}, "d M y", "ar"},
    {"he", ".", ",", false, 4, AFTER, {"ILS", "₪"}, "d בM y", "he"},
    {"hi", ".", ",", true, 4, BEFORE, {"INR", "₹"}, "d M y", "hi"},
    {"ja", ".", ",", false, 4, BEFORE, {"JPY", "¥"}, "y年m月d日", NULL},
    {"zh", ".", ",", false, 4, BEFORE, {"CNY", "¥"}, "y年m月d日", NULL},
};

static const struct {
    const char *language;
    const char *names[12];
} months[] = {
    {"en",
     {"January", "February", "March", "April", "May", "June", "July", "August", "September",
      "October", "November", "December"}},
    {"de",
     {"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
      "November", "Dezember"}},
    {"de-AT",
     {"Jänner", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
      "November", "Dezember"}},
    {"fr",
     {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
      "octobre", "novembre", "décembre"}},
    {"es",
     {"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
      "octubre", "noviembre", "diciembre"}},
    {"nl",
     {"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september",
      "oktober", "november", "december"}},
    {"it",
     {"gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre",
      "ottobre", "novembre", "dicembre"}},
    {"pt",
     {"janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro",
      "outubro", "novembro", "dezembro"}},
    {"pl",
     {"stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca", "lipca", "sierpnia", "września",
      "października", "listopada", "grudnia"}},
    {"ru",
     {"января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября",
      "октября", "ноября", "декабря"}},
    {"ar",
     {"يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر", "أكتوبر",
      "نوفمبر", "ديسمبر"}},
    {"he",
     {"ינואר", "פברואר", "מרץ", "אפריל", "מאי", "יוני", "יולי", "אוגוסט", "ספטמבר", "אוקטובר",
      "נובמבר", "דצמבר"}},
    {"hi",
     {"जनवरी", "फ़रवरी", "मार्च", "अप्रैल", "मई", "जून", "जुलाई", "अगस्त", "सितंबर", "अक्तूबर", "नवंबर",
      "दिसंबर"}},
};

/* Signs that mean one currency everywhere; all others are written by their code where they are not the own one. */
static const char *const signs[][2] = {{"EUR", "€"}, {"GBP", "£"}, {"INR", "₹"}, {"ILS", "₪"}};

static const struct {
    const char *language;
    const char *words[N_WORDS];
} frames[] = {
    {"en", {"Date", "Customer number", "Property", "Page %1 of %2"}},
    {"de", {"Datum", "Kundennummer", "Objekt", "Seite %1 von %2"}},
    {"fr", {"Date", "Numéro de client", "Bien", "Page %1 sur %2"}},
    {"es", {"Fecha", "Número de cliente", "Inmueble", "Página %1 de %2"}},
    {"nl", {"Datum", "Klantnummer", "Object", "Pagina %1 van %2"}},
    {"it", {"Data", "Codice cliente", "Immobile", "Pagina %1 di %2"}},
    {"pt", {"Data", "Número de cliente", "Imóvel", "Página %1 de %2"}},
    {"pl", {"Data", "Numer klienta", "Nieruchomość", "Strona %1 z %2"}},
    {"ru", {"Дата", "Номер клиента", "Объект", "Страница %1 из %2"}},
    {"ar", {"التاريخ", "رقم العميل", "العقار", "صفحة %1 من %2"}},
    {"he", {"תאריך", "מספר לקוח", "נכס", "עמוד %1 מתוך %2"}},
    {"hi", {"तारीख", "ग्राहक संख्या", "संपत्ति", "पृष्ठ %1 / %2"}},
    {"ja", {"日付", "お客様番号", "物件", "%1 / %2 ページ"}},
    {"zh", {"日期", "客户编号", "物业", "第 %1 页,共 %2 页"}},
};

/* "de-AT" is for itself; "de-LU" finds "de"; "den" finds nothing. */
static size_t match(const char *language, const char *tag)
{
    size_t n = strlen(tag);
    bool same = language != NULL && g_ascii_strncasecmp(language, tag, n) == 0;
    return same && (language[n] == '\0' || language[n] == '-') ? n : 0;
}

static const Locale *find(const char *language)
{
    const Locale *best = NULL;
    size_t longest = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(locales); i++) {
        size_t n = match(language, locales[i].tag);
        if (n > longest) {
            longest = n;
            best = &locales[i];
        }
    }
    return best;
}

const char *const *locale_tags(void)
{
    static const char *tags[G_N_ELEMENTS(locales) + 1];
    for (size_t i = 0; i < G_N_ELEMENTS(locales); i++)
        tags[i] = locales[i].tag;
    return tags;
}

const char *locale_word(const char *language, LocaleWord word)
{
    for (size_t i = 0; i < G_N_ELEMENTS(frames); i++) {
        if (match(language, frames[i].language) > 0)
            return frames[i].words[word];
    }
    return frames[0].words[word];
}

static void add_groups(GString *text, const char *digits, const Locale *locale)
{
    size_t n = strlen(digits);
    for (size_t i = 0; i < n; i++) {
        size_t left = n - i;
        bool parted = locale->lakh ? left == 3 || (left > 3 && left % 2 == 1) : left % 3 == 0;
        if (i > 0 && parted && n >= (size_t)locale->group_from)
            g_string_append(text, locale->group);
        g_string_append_c(text, digits[i]);
    }
}

static const char *sign_of(const Locale *locale, const char *code)
{
    if (g_strcmp0(locale->own[0], code) == 0)
        return locale->own[1];
    for (size_t i = 0; i < G_N_ELEMENTS(signs); i++) {
        if (strcmp(signs[i][0], code) == 0)
            return signs[i][1];
    }
    return NULL;
}

char *locale_amount(const char *language, Money money)
{
    const Locale *locale = find(language);
    if (locale == NULL)
        return money_to_text(money);
    g_autofree char *plain = money_to_decimal(money);
    bool negative = plain[0] == '-';
    char *digits = plain + negative, *fraction = strchr(digits, '.');
    if (fraction != NULL)
        *fraction++ = '\0';
    const char *sign = locale->position == BEFORE_SPACED && locale->own[0] == NULL
                           ? NULL
                           : sign_of(locale, money.currency.code);
    const char *unit = sign != NULL ? sign : money.currency.code;
    bool spaced = locale->position != BEFORE || sign == NULL;
    g_autoptr(GString) text = g_string_new(negative ? "-" : NULL);
    if (locale->position != AFTER)
        g_string_append_printf(text, "%s%s", unit, spaced ? NBSP : "");
    add_groups(text, digits, locale);
    if (fraction != NULL)
        g_string_append_printf(text, "%s%s", locale->decimal, fraction);
    if (locale->position == AFTER)
        g_string_append_printf(text, NBSP "%s", unit);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static const char *month_name(const char *language, int month)
{
    for (size_t i = 0; i < G_N_ELEMENTS(months); i++) {
        if (strcmp(months[i].language, language) == 0)
            return months[i].names[month - 1];
    }
    g_assert_not_reached();
}

char *locale_date(const char *language, Date date)
{
    const Locale *locale = find(language);
    char plain[16];
    int year = 0, month = 0, day = 0;
    if (locale == NULL)
        return g_strdup(date_format(date, plain));
    date_to_ymd(date, &year, &month, &day);
    g_autoptr(GString) text = g_string_new(NULL);
    for (const char *c = locale->date; *c != '\0'; c++) {
        /* "de" between day and month is text: a sign stands alone */
        bool alone = !g_ascii_isalpha(c[1]) && (c == locale->date || !g_ascii_isalpha(c[-1]));
        if (alone && *c == 'y')
            g_string_append_printf(text, "%d", year);
        else if (alone && *c == 'm')
            g_string_append_printf(text, "%d", month);
        else if (alone && (*c == 'd' || *c == 'o'))
            g_string_append_printf(text, "%d%s", day, *c == 'o' && day == 1 ? "er" : "");
        else if (alone && *c == 'M')
            g_string_append(text, month_name(locale->months, month));
        else
            g_string_append_c(text, *c);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}
