#include "cmd/command.h"

#include <glib.h>
#include <stdarg.h>
#include <string.h>

#include "base/diag.h"
#include "cmd/deeds.h"

enum {
    ARGUMENTS_MAX = 1024,
    OPTIONS_MAX = 64,
    PAGE_WIDTH = 80,
};

struct CommandLine {
    const Command *command;
    const char *arguments[ARGUMENTS_MAX];
    size_t n_arguments;
    struct {
        const char *name, *value;
    } options[OPTIONS_MAX];
    size_t n_options;
    bool wants_help;
};

static const CommandOption help_option = {"help", NULL, "Show this text."};

const char *line_option(const CommandLine *line, const char *name)
{
    for (size_t i = line->n_options; i > 0; i--)
        if (strcmp(line->options[i - 1].name, name) == 0)
            return line->options[i - 1].value;
    return NULL;
}

bool line_flag(const CommandLine *line, const char *name)
{
    return line_option(line, name) != NULL;
}

size_t line_count(const CommandLine *line)
{
    return line->n_arguments;
}

const char *line_argument(const CommandLine *line, size_t i)
{
    return i < line->n_arguments ? line->arguments[i] : NULL;
}

const Command *line_command(const CommandLine *line)
{
    return line->command;
}

bool line_integer(const CommandLine *line, const char *name, long least, long most, long *ret_value)
{
    const char *text = line_option(line, name);
    if (text == NULL)
        return true;
    gint64 value;
    if (!g_ascii_string_to_signed(text, 10, least, most, &value, NULL)) {
        command_fail(line->command->name, EXIT_USAGE,
                     "--%s takes a whole number from %ld to %ld, not '%s'", name, least, most,
                     text);
        return false;
    }
    *ret_value = (long)value;
    return true;
}

int command_fail(const char *name, ExitCode code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    fflush(stdout); /* what was found comes before what is made of it */
    fprintf(stderr, "dunhub%s%s: %s\n", name != NULL ? " " : "", name != NULL ? name : "", text);
    return (int)code;
}

/* ---- help --------------------------------------------------------------------------------- */

static void print_option(FILE *out, const CommandOption *option)
{
    g_autofree char *left =
        g_strdup_printf("--%s%s%s", option->name, option->argument != NULL ? " " : "",
                        option->argument != NULL ? option->argument : "");
    fprintf(out, "  %-24s %s\n", left, option->doc);
}

/* A paragraph in lines of a page's width. */
static void print_wrapped(FILE *out, const char *text)
{
    g_auto(GStrv) words = g_strsplit_set(text, " \n", -1);
    size_t at = 0;
    for (char **word = words; *word != NULL; word++) {
        size_t n = (size_t)g_utf8_strlen(*word, -1);
        bool breaks = at > 0 && at + 1 + n > PAGE_WIDTH;
        fprintf(out, "%s%s", breaks ? "\n" : at > 0 ? " " : "", *word);
        at = breaks || at == 0 ? n : at + 1 + n;
    }
    fputc('\n', out);
}

void command_help(const Command *command, FILE *out)
{
    bool has_options = command->options != NULL && command->options[0].name != NULL;
    fprintf(out, "Usage: dunhub %s%s%s%s\n\n", command->name, has_options ? " [OPTION…]" : "",
            command->arguments[0] != '\0' ? " " : "", command->arguments);
    print_wrapped(out, command->about != NULL ? command->about : command->summary);
    fprintf(out, "\nOptions:\n");
    for (const CommandOption *option = command->options; has_options && option->name != NULL;
         option++)
        print_option(out, option);
    print_option(out, &help_option);
    deeds_help(command->name, out);
    if (command->examples == NULL)
        return;
    fprintf(out, "\nExamples:\n");
    g_auto(GStrv) lines = g_strsplit(command->examples, "\n", -1);
    for (size_t i = 0; lines[i] != NULL; i++)
        fprintf(out, "  dunhub %s\n", lines[i]);
}

void command_list(FILE *out)
{
    fprintf(out, "Usage: dunhub COMMAND [OPTION…] [ARGUMENT…]\n\nReads what accounts owe, decides "
                 "which step of dunning each is in, and makes "
                 "other systems act on it.\n\nCommands:\n");
    for (const Command *command = all_commands; command->name != NULL; command++)
        fprintf(out, "  %-12s %s\n", command->name, command->summary);
    fprintf(out, "\n'dunhub COMMAND --help' says more about one. Exit status: 0 good, 1 a finding, "
                 "2 usage or configuration, "
                 "3 environment.\n");
}

/* ---- parsing ------------------------------------------------------------------------------ */

static const CommandOption *find_option(const Command *command, const char *name, size_t n)
{
    for (const CommandOption *option = command->options; option != NULL && option->name != NULL;
         option++)
        if (strlen(option->name) == n && strncmp(option->name, name, n) == 0)
            return option;
    return strlen(help_option.name) == n && strncmp(help_option.name, name, n) == 0 ? &help_option
                                                                                    : NULL;
}

static bool unknown_option(const Command *command, const char *word, size_t n)
{
    g_autofree char *name = g_strndup(word, n);
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    for (const CommandOption *option = command->options; option != NULL && option->name != NULL;
         option++)
        g_ptr_array_add(known, (char *)option->name);
    g_ptr_array_add(known, (char *)help_option.name);
    g_ptr_array_add(known, NULL);
    const char *near = diag_nearest(name, (const char *const *)known->pdata);
    if (near != NULL)
        command_fail(command->name, EXIT_USAGE, "unknown option --%s, did you mean --%s?", name,
                     near);
    else
        command_fail(command->name, EXIT_USAGE,
                     "unknown option --%s; 'dunhub %s --help' lists them", name, command->name);
    return false;
}

/* argv[*at] is "--name", "--name=value" or "--name" "value". */
static bool parse_option(CommandLine *line, int argc, char **argv, int *at)
{
    const char *word = argv[*at] + 2;
    size_t n = strcspn(word, "=");
    const CommandOption *option = find_option(line->command, word, n);
    if (option == NULL)
        return unknown_option(line->command, word, n);
    if (option == &help_option) {
        line->wants_help = true;
        return true;
    }
    const char *value = word[n] == '=' ? word + n + 1 : NULL;
    if (option->argument == NULL && value != NULL) {
        command_fail(line->command->name, EXIT_USAGE, "--%s takes no value", option->name);
        return false;
    }
    if (option->argument != NULL && value == NULL) {
        if (*at + 1 >= argc) {
            command_fail(line->command->name, EXIT_USAGE, "--%s needs a value: %s", option->name,
                         option->argument);
            return false;
        }
        value = argv[++*at];
    }
    if (line->n_options == OPTIONS_MAX) {
        command_fail(line->command->name, EXIT_USAGE, "more than %d options", OPTIONS_MAX);
        return false;
    }
    line->options[line->n_options].name = option->name;
    line->options[line->n_options++].value = value != NULL ? value : "";
    return true;
}

static bool parse(CommandLine *line, int argc, char **argv)
{
    bool options_end = false;
    for (int at = 2; at < argc; at++) {
        const char *word = argv[at];
        if (!options_end && strcmp(word, "--") == 0) {
            options_end = true;
        } else if (!options_end && g_str_has_prefix(word, "--")) {
            if (!parse_option(line, argc, argv, &at))
                return false;
        } else if (!options_end && strcmp(word, "-h") == 0) {
            line->wants_help = true;
        } else if (!options_end && word[0] == '-' && word[1] != '\0') {
            command_fail(line->command->name, EXIT_USAGE,
                         "unknown option %s; options are written with two dashes", word);
            return false;
        } else if (line->n_arguments == ARGUMENTS_MAX) {
            command_fail(line->command->name, EXIT_USAGE, "more than %d arguments", ARGUMENTS_MAX);
            return false;
        } else {
            line->arguments[line->n_arguments++] = word;
        }
    }
    return true;
}

static bool enough(const CommandLine *line)
{
    const Command *command = line->command;
    bool few = line->n_arguments < (size_t)command->least;
    bool many = command->most >= 0 && line->n_arguments > (size_t)command->most;
    if (!few && !many)
        return true;
    if (many && command->arguments[0] == '\0')
        command_fail(command->name, EXIT_USAGE, "takes no arguments, but '%s' was given",
                     line->arguments[0]);
    else
        command_fail(command->name, EXIT_USAGE, "%s arguments; usage: dunhub %s %s",
                     few ? "too few" : "too many", command->name, command->arguments);
    return false;
}

static const Command *find_command(const char *name)
{
    for (const Command *command = all_commands; command->name != NULL; command++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}

static int unknown_command(const char *name)
{
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    for (const Command *command = all_commands; command->name != NULL; command++)
        g_ptr_array_add(known, (char *)command->name);
    g_ptr_array_add(known, NULL);
    const char *near = diag_nearest(name, (const char *const *)known->pdata);
    if (near != NULL)
        return command_fail(NULL, EXIT_USAGE, "there is no command '%s', did you mean '%s'?", name,
                            near);
    return command_fail(NULL, EXIT_USAGE, "there is no command '%s'; 'dunhub help' lists them",
                        name);
}

int command_main(int argc, char **argv)
{
    if (argc < 2) {
        command_list(stderr);
        return EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    if (strcmp(name, "--version") == 0)
        name = "version";
    const Command *command = find_command(name);
    if (command == NULL)
        return unknown_command(name);
    g_autofree CommandLine *line = g_new0(CommandLine, 1);
    line->command = command;
    if (!parse(line, argc, argv))
        return EXIT_USAGE;
    if (line->wants_help) {
        command_help(command, stdout);
        return EXIT_GOOD;
    }
    return enough(line) ? command->run(line) : EXIT_USAGE;
}
