/* A subcommand as data: its line in the table of main.c is what the parser, --help, the completion
 * and the reference read. */
#ifndef DUNHUB_CMD_COMMAND_H
#define DUNHUB_CMD_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef enum {
    EXIT_GOOD = 0,
    EXIT_FINDING = 1,     /* it ran, and something is not as it should be */
    EXIT_USAGE = 2,       /* wrong words on the command line, or a wrong configuration */
    EXIT_ENVIRONMENT = 3, /* a file, socket, disk or the store is not as needed */
} ExitCode;

typedef struct {
    const char *name;     /* "conf", written --conf */
    const char *argument; /* "DIR"; NULL: a flag */
    const char *doc;      /* one sentence */
} CommandOption;

typedef struct CommandLine CommandLine;

typedef struct {
    const char *name;
    const char *arguments;               /* "ACCOUNT STEP", "[NAME]", "FILE…"; "" none */
    int least, most;                     /* number of them; most -1: any */
    const char *summary;                 /* one line for the list of commands */
    const char *about;                   /* a paragraph for its own help; NULL: the summary */
    const CommandOption *options;        /* ended by a NULL name; NULL none */
    const char *examples;                /* lines without "dunhub", separated by newlines */
    int (*run)(const CommandLine *line); /* an ExitCode */
} Command;

/* Ended by a NULL name; set at the start of the program. */
extern const Command *all_commands;

/* ---- what was written --------------------------------------------------------------------- */
const char *line_option(const CommandLine *line,
                        const char *name); /* NULL: not given; "" for a flag that is */
bool line_flag(const CommandLine *line, const char *name);
size_t line_count(const CommandLine *line);                   /* of arguments */
const char *line_argument(const CommandLine *line, size_t i); /* NULL: fewer */
const Command *line_command(const CommandLine *line);
/* A whole number; false after saying on stderr what is wrong. Untouched if the option is not given.
 */
bool line_integer(const CommandLine *line, const char *name, long least, long most,
                  long *ret_value);

/* Finds the subcommand, parses, runs. The exit status of the program. */
int command_main(int argc, char **argv);
/* "dunhub NAME: message" on stderr; returns code. */
int command_fail(const char *name, ExitCode code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void command_help(const Command *command, FILE *out);
void command_list(FILE *out);

#endif
