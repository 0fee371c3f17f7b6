#include "base/diag.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { DIAGS_KEPT = 1000, MESSAGE_LONGEST = 600 };

/* A code keeps its meaning for ever: rows are added, never reused. */
static const DiagCode codes[] = {
    /* C0xx: configuration: files, keys, types, values */
    {"C001", DIAG_ERROR, "A file cannot be read",
     "See that the file exists and that the user dunhub runs as may read it."},
    {"C002", DIAG_ERROR, "A file is not valid YAML",
     "Correct the place named; indent by spaces, quote texts with ': ' or '#'."},
    {"C003", DIAG_ERROR, "A YAML tag is used",
     "Quote the text, or drop the word that begins with '!'."},
    {"C004", DIAG_ERROR, "A YAML anchor or alias is used",
     "Write the value out where it is needed, or quote the text."},
    {"C005", DIAG_ERROR, "The file is nested too deep",
     "Flatten it; no setting is deeper than a few levels."},
    {"C006", DIAG_ERROR, "The file has a second document",
     "Move what follows '---' into a file of its own."},
    {"C007", DIAG_ERROR, "A key is given twice in one map", "Keep one of the two."},
    {"C008", DIAG_ERROR, "A key is not a plain text", "Use a word as the key."},
    {"C009", DIAG_ERROR, "A setting is given in two files",
     "Keep it in one of the two files that are named."},
    {"C010", DIAG_ERROR, "The file is too large", "Split it into several files of the folder."},
    {"C011", DIAG_ERROR, "The text is not UTF-8", "Save the file as UTF-8."},
    {"C012", DIAG_ERROR, "The folder has no configuration",
     "Name the folder that holds the *.yaml files, or copy the example."},
    {"C020", DIAG_ERROR, "A required key is missing",
     "Add the key; the reference says what it means."},
    {"C021", DIAG_ERROR, "The value has the wrong kind",
     "Give a text, a list or a map as the message says."},
    {"C022", DIAG_ERROR, "Not a whole number", "Write digits only, without a decimal sign."},
    {"C023", DIAG_ERROR, "The number is out of range",
     "Choose a number between the limits that are named."},
    {"C024", DIAG_ERROR, "Not true or false", "Write true or false."},
    {"C025", DIAG_ERROR, "Not a date", "Write year-month-day such as 2026-07-01."},
    {"C026", DIAG_ERROR, "Not a time of day", "Write hours and minutes such as 09:00."},
    {"C027", DIAG_ERROR, "Unknown time zone",
     "Use a name of the tz database such as Europe/Berlin."},
    {"C028", DIAG_ERROR, "Unknown currency", "Use an ISO 4217 code such as USD."},
    {"C029", DIAG_ERROR, "Not a duration", "Write a number and a unit: 30s, 5m, 36h, 2d."},
    {"C030", DIAG_ERROR, "Not one of the allowed words", "Use one of the words that are named."},
    {"C031", DIAG_ERROR, "Unknown key", "Correct the spelling, or remove the key."},
    {"C032", DIAG_ERROR, "Not a name",
     "Use letters, digits, '_', '-' and '.', not beginning with '.' or '-'."},
    {"C033", DIAG_ERROR, "Not an amount", "Write the amount as the message says."},
    {"C034", DIAG_ERROR, "The list is empty", "Add an entry, or remove the key."},
    {"C035", DIAG_ERROR, "An entry is given twice", "Keep one of the two."},
    {"C036", DIAG_ERROR, "Two settings contradict each other",
     "Change one of the two that are named."},
    {"C037", DIAG_ERROR, "The value is empty", "Give a value, or remove the key."},
    {"C038", DIAG_ERROR, "A range is the wrong way round", "Put the smaller value first."},
    {"C039", DIAG_ERROR, "The text is too long", "Shorten it to the length that is named."},
    {"C040", DIAG_WARNING, "A setting has no effect", "Remove it, or set what it depends on."},
    {"C041", DIAG_WARNING, "A setting is outdated", "Use the setting that is named instead."},
    {"C042", DIAG_ERROR, "A name refers to nothing", "Define it, or correct the spelling."},
    {"C043", DIAG_ERROR, "A compliance setting is weaker than the law allows",
     "Use the limit that is named or a stricter one."},
    {"C044", DIAG_WARNING, "A compliance setting is not set",
     "Decide on it with counsel; the default is named."},
    {"C045", DIAG_ERROR, "A calendar date lies outside the calendar", "Correct the date."},
    {"C046", DIAG_ERROR, "Not a pattern", "Correct the pattern at the place named."},
    {"C047", DIAG_ERROR, "Not an address",
     "Write host:port, a URL or an address as the message says."},
    /* C1xx: policies, graphs, routes, conditions */
    {"C100", DIAG_ERROR, "Unknown step", "Define the step, or correct the spelling."},
    {"C101", DIAG_ERROR, "A step cannot be reached", "Lead a transition to it, or remove it."},
    {"C102", DIAG_ERROR, "A step has no way out",
     "Add a transition, or mark the step as terminal."},
    {"C103", DIAG_ERROR, "A cycle of steps without a wait",
     "Give one of its steps a dwell or a wait."},
    {"C104", DIAG_ERROR, "Unknown verb", "Use a verb of the catalogue."},
    {"C105", DIAG_ERROR, "Unknown template variable",
     "Use a name of the catalogue of template names."},
    {"C106", DIAG_ERROR, "Unknown policy", "Define the policy, or correct the spelling."},
    {"C107", DIAG_ERROR, "Unknown segment", "Define the segment, or correct the spelling."},
    {"C108", DIAG_ERROR, "Unknown graph", "Define the graph, or correct the spelling."},
    {"C109", DIAG_ERROR, "Unknown event type", "Use a type of the event catalogue."},
    {"C110", DIAG_ERROR, "Two steps have the same name", "Rename one of the two."},
    {"C111", DIAG_ERROR, "The graph has no first step", "Add a step, or name the first one."},
    {"C112", DIAG_ERROR, "Age ranges overlap or leave a gap",
     "Let each range begin where the one before ends."},
    {"C113", DIAG_WARNING, "Accounts may match no segment or policy",
     "Add one without a condition at the end."},
    {"C114", DIAG_WARNING, "A rule can never be chosen",
     "Move it before the one that takes all, or remove it."},
    {"C115", DIAG_ERROR, "Unknown approval", "Define the approval, or correct the spelling."},
    {"C116", DIAG_ERROR, "An adverse act has no notice before it",
     "Let a step with a notice come first."},
    {"C117", DIAG_ERROR, "Unknown channel", "Use one of the channels that are named."},
    {"C118", DIAG_ERROR, "A currency has no minimum",
     "Add the currency to the minimums of the policy."},
    {"C119", DIAG_ERROR, "Instalments or plan terms are not allowed",
     "Use the limits that are named."},
    {"C120", DIAG_ERROR, "A condition is not well formed",
     "Correct it at the column that is named."},
    {"C121", DIAG_ERROR, "A condition reads an unknown name",
     "Use a name of the catalogue of condition names."},
    {"C122", DIAG_ERROR, "A condition compares different types",
     "Compare like with like; money is written money(\"10.00 USD\")."},
    {"C123", DIAG_ERROR, "A condition does not yield true or false",
     "Compare the value with something."},
    {"C124", DIAG_ERROR, "A condition calls an unknown function",
     "Use one of the functions that are named."},
    {"C125", DIAG_ERROR, "A value in a condition cannot be read",
     "Correct the number, date, amount or text."},
    {"C126", DIAG_WARNING, "A condition is always true or always false", "Correct or remove it."},
    {"C127", DIAG_ERROR, "A condition is too long or too deep", "Split it."},
    {"C130", DIAG_ERROR, "A route feeds itself", "Break the circle of routes that is named."},
    {"C131", DIAG_ERROR, "A route has no action", "Say what it does."},
    {"C132", DIAG_ERROR, "Unknown action", "Define the action, or correct the spelling."},
    {"C133", DIAG_ERROR, "An action lacks an input", "Add the input that is named."},
    {"C134", DIAG_ERROR, "An input does not fit the action",
     "Give it as the schema of the action says."},
    {"C135", DIAG_ERROR, "An input variable that no event has",
     "Use a field of the event, or correct the spelling."},
    {"C136", DIAG_ERROR, "An undo does not fit its action",
     "Name the verb that takes the action back."},
    {"C137", DIAG_ERROR, "A published policy version was changed",
     "Publish the change as a new version."},
    /* C2xx: instances, plugins, options, secrets */
    {"C200", DIAG_ERROR, "Unknown plugin", "Install the plugin, or correct the spelling."},
    {"C201", DIAG_ERROR, "The plugin cannot be used",
     "Rebuild it for this version; the message says what it reported."},
    {"C202", DIAG_ERROR, "Unknown option of the plugin",
     "Use an option that `dunhub plugins` lists."},
    {"C203", DIAG_ERROR, "A required option is missing", "Add the option that is named."},
    {"C204", DIAG_ERROR, "An option has the wrong type", "Give it as `dunhub plugins` says."},
    {"C205", DIAG_ERROR, "An option has a value that is not allowed",
     "Use one of the values that are named."},
    {"C206", DIAG_ERROR, "A secret is written into the configuration",
     "Put it into a file or the secret store and refer to it: ${…}."},
    {"C207", DIAG_ERROR, "A secret cannot be found",
     "Create the file or the entry that the reference names."},
    {"C208", DIAG_ERROR, "A reference ${…} is not well formed", "Write it as the message says."},
    {"C209", DIAG_ERROR, "Unknown instance", "Define the instance, or correct the spelling."},
    {"C210", DIAG_ERROR, "The instance does not offer the verb",
     "Use an instance that does, or another verb."},
    {"C211", DIAG_ERROR, "No instance offers the verb",
     "Configure an instance of a plugin that does."},
    {"C212", DIAG_ERROR, "Several instances offer the verb", "Say which one is meant."},
    {"C213", DIAG_ERROR, "The instance is no source", "Use a plugin that has the source."},
    {"C214", DIAG_ERROR, "Unknown source of the plugin",
     "Use a source that `dunhub plugins` lists."},
    {"C215", DIAG_ERROR, "Two instances have the same name", "Rename one of the two."},
    {"C216", DIAG_WARNING, "An instance is not used",
     "Use it in a graph or a route, or remove it."},
    {"C217", DIAG_ERROR, "The secret file may be read by others",
     "Take the rights away: chmod 600."},
    {"C218", DIAG_ERROR, "Isolation is not possible as configured",
     "Choose process, thread or remote as the message says."},
    {"C219", DIAG_ERROR, "A limit is beyond what the plugin allows", "Choose a smaller limit."},
    {"C220", DIAG_ERROR, "The object of a verb is made by no action",
     "Add the action that makes it, on the same instance."},
    /* C3xx: templates */
    {"C300", DIAG_ERROR, "Unknown template", "Add the folder, or correct the spelling."},
    {"C301", DIAG_ERROR, "A template reads an unknown name",
     "Use a name of the catalogue of template names."},
    {"C302", DIAG_ERROR, "A section is not closed", "Add {{/name}}."},
    {"C303", DIAG_ERROR, "A section is closed that is not open",
     "Remove {{/name}}, or close the section that is named first."},
    {"C304", DIAG_ERROR, "A tag is not closed", "Add the closing braces."},
    {"C305", DIAG_ERROR, "A tag is not well formed", "Correct it as the message says."},
    {"C306", DIAG_ERROR, "A template lacks a required file", "Add subject.txt and body.txt."},
    {"C307", DIAG_ERROR, "A template cannot be read",
     "See that the file is readable UTF-8 of a reasonable size."},
    {"C308", DIAG_ERROR, "Unknown partial", "Add the partial, or correct the spelling."},
    {"C309", DIAG_ERROR, "A delimiter tag is not well formed",
     "Write two delimiters without spaces or '=': {{=<% %>=}}."},
    {"C310", DIAG_WARNING, "A file of a template folder is not used",
     "Name it subject.txt, body.txt, body.html, sms.txt or voice.txt."},
    {"C311", DIAG_ERROR, "A subject has more than one line", "Write it in one line."},
    {"C312", DIAG_ERROR, "A template is nested too deep", "Flatten its sections."},
    {"C313", DIAG_WARNING, "A text message has no way to opt out",
     "Say it: Reply STOP to end texts."},
    {"C314", DIAG_ERROR, "A template has no text for the channel", "Add the file that is named."},
    /* L0xx: ledger files */
    {"L001", DIAG_ERROR, "The file cannot be read", "See that it exists and may be read."},
    {"L002", DIAG_ERROR, "The file is not what its name says",
     "Export it again in the format that is configured."},
    {"L003", DIAG_ERROR, "A required column is missing",
     "Add the column, or map it in the configuration."},
    {"L004", DIAG_ERROR, "A row has too few or too many cells",
     "Correct the row; quote cells with separators."},
    {"L005", DIAG_ERROR, "A required cell is empty", "Fill it in."},
    {"L006", DIAG_ERROR, "Not an amount", "Correct it, or the number format of the source."},
    {"L007", DIAG_ERROR, "Not a date", "Correct it, or the date format of the source."},
    {"L008", DIAG_ERROR, "Unknown currency", "Use an ISO 4217 code such as USD."},
    {"L009", DIAG_ERROR, "A row is given twice", "Keep one of the two."},
    {"L010", DIAG_ERROR, "A row refers to an unknown account",
     "Add the account, or correct its id."},
    {"L011", DIAG_ERROR, "A row refers to an unknown invoice",
     "Add the invoice, or correct its id."},
    {"L012", DIAG_ERROR, "A value is not allowed", "Use one of the values that are named."},
    {"L013", DIAG_ERROR, "A quoted cell is not closed", "Close the quotation mark."},
    {"L014", DIAG_ERROR, "The text is not UTF-8", "Save the file as UTF-8, or say its encoding."},
    {"L015", DIAG_ERROR, "A row is too long", "Shorten it; no record of a ledger is that long."},
    {"L016", DIAG_ERROR, "The amounts do not add up", "Correct the amounts that are named."},
    {"L017", DIAG_ERROR, "The due date is before the issue date", "Correct one of the two."},
    {"L018", DIAG_ERROR, "The currency differs from the one it belongs to",
     "Correct the currency."},
    {"L019", DIAG_ERROR, "The file is too large", "Split it."},
    {"L020", DIAG_ERROR, "An amount has the wrong sign",
     "Write amounts of this kind without a minus."},
    {"L021", DIAG_WARNING, "A column is not used", "Map it, or leave it out of the export."},
    {"L022", DIAG_WARNING, "A date is unusually far away", "Check the year."},
    {"L023", DIAG_ERROR, "A cell is not valid", "Correct it as the message says."},
    {"L024", DIAG_ERROR, "The file is older than what is known", "Export it again."},
    /* T0xx: case files of `dunhub test` */
    {"T001", DIAG_ERROR, "The case file cannot be read", "Correct the place that is named."},
    {"T002", DIAG_ERROR, "Unknown key in a case", "Correct the spelling, or remove the key."},
    {"T003", DIAG_ERROR, "A required key of a case is missing", "Add the key."},
    {"T004", DIAG_ERROR, "Unknown operation", "Use an operation that is named."},
    {"T005", DIAG_ERROR, "Unknown expectation", "Use an expectation that is named."},
    {"T006", DIAG_ERROR, "A value of a case cannot be read", "Correct it as the message says."},
    {"T007", DIAG_ERROR, "Two cases have the same name", "Rename one of the two."},
    {"T008", DIAG_ERROR, "A case goes back in time", "Sort its days."},
    {"T009", DIAG_ERROR, "A case refers to something it did not define",
     "Define it, or correct the spelling."},
    {"T010", DIAG_ERROR, "A case expects nothing", "Say what is expected."},
    {"T011", DIAG_WARNING, "A case is skipped", "The message says why."},
};

const DiagCode *diag_codes(size_t *ret_n)
{
    *ret_n = G_N_ELEMENTS(codes);
    return codes;
}

static const DiagCode *code_find(const char *code)
{
    for (size_t i = 0; i < G_N_ELEMENTS(codes); i++) {
        if (strcmp(codes[i].code, code) == 0)
            return &codes[i];
    }
    return NULL;
}

struct Diags {
    GPtrArray *list; /* of Diag */
    GStringChunk *files;
    size_t counts[2];
};

static void diag_free(void *data)
{
    Diag *diag = data;
    g_free(diag->message);
    g_free(diag);
}

Diags *diags_new(void)
{
    Diags *diags = g_new0(Diags, 1);
    diags->list = g_ptr_array_new_with_free_func(diag_free);
    diags->files = g_string_chunk_new(256);
    return diags;
}

void diags_free(Diags *diags)
{
    if (diags == NULL)
        return;
    g_ptr_array_unref(diags->list);
    g_string_chunk_free(diags->files);
    g_free(diags);
}

void diags_add(Diags *diags, const char *code, DiagPlace place, const char *format, ...)
{
    const DiagCode *row = code_find(code);
    g_assert(row != NULL);
    diags->counts[row->severity]++;
    if (diags->list->len >= DIAGS_KEPT)
        return;
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    Diag *diag = g_new0(Diag, 1);
    diag->severity = row->severity;
    diag->place = place;
    if (place.file != NULL)
        diag->place.file = g_string_chunk_insert_const(diags->files, place.file);
    g_strlcpy(diag->code, code, sizeof diag->code);
    diag->message = text_one_line(message, MESSAGE_LONGEST);
    g_ptr_array_add(diags->list, diag);
}

size_t diags_count(const Diags *diags, DiagSeverity severity)
{
    return diags->counts[severity];
}

size_t diags_length(const Diags *diags)
{
    return diags->list->len;
}

const Diag *diags_get(const Diags *diags, size_t i)
{
    g_assert(i < diags->list->len);
    return diags->list->pdata[i];
}

static int compare_diags(const void *a, const void *b)
{
    const Diag *x = *(Diag *const *)a, *y = *(Diag *const *)b;
    int by_file = g_strcmp0(x->place.file, y->place.file);
    if (by_file != 0)
        return by_file;
    if (x->place.line != y->place.line)
        return x->place.line < y->place.line ? -1 : 1;
    if (x->place.column != y->place.column)
        return x->place.column < y->place.column ? -1 : 1;
    return 0;
}

void diags_sort(Diags *diags)
{
    g_ptr_array_sort(diags->list, compare_diags); /* stable: findings of one place stay in order */
}

static void print_place(DiagPlace place, FILE *out)
{
    if (place.file == NULL)
        return;
    fputs(place.file, out);
    if (place.line > 0)
        fprintf(out, ":%d", place.line);
    if (place.line > 0 && place.column > 0)
        fprintf(out, ":%d", place.column);
    fputs(": ", out);
}

void diags_print(const Diags *diags, FILE *out, bool colour)
{
    static const char *const words[] = {"error", "warning"};
    static const char *const colours[] = {"\033[1;31m", "\033[1;33m"};
    for (size_t i = 0; i < diags_length(diags); i++) {
        const Diag *diag = diags_get(diags, i);
        print_place(diag->place, out);
        fprintf(out, "%s%s:%s %s [%s]\n", colour ? colours[diag->severity] : "",
                words[diag->severity], colour ? "\033[0m" : "", diag->message, diag->code);
    }
    size_t all = diags->counts[DIAG_ERROR] + diags->counts[DIAG_WARNING];
    if (all > diags_length(diags))
        fprintf(out, "%zu more findings are not shown; correct these first\n",
                all - diags_length(diags));
}

const char *diag_nearest(const char *word, const char *const *candidates)
{
    const char *nearest = NULL;
    /* Replacing every letter of a short word would make anything near. */
    int least = MIN(3, (int)g_utf8_strlen(word, -1));
    for (; *candidates != NULL; candidates++) {
        int distance = text_distance(word, *candidates);
        if (distance < least) {
            least = distance;
            nearest = *candidates;
        }
    }
    return nearest;
}
