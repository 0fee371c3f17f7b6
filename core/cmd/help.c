/* dunhub help, version, completion: what the table of commands says of itself. */
#include <glib.h>
#include <string.h>

#include "cmd/cmd.h"

int cmd_help(const CommandLine *line)
{
    const char *name = line_argument(line, 0);
    if (name == NULL) {
        command_list(stdout);
        return EXIT_GOOD;
    }
    char *words[] = {(char *)"dunhub", (char *)name, (char *)"--help"};
    return command_main(3, words);
}

int cmd_version(const CommandLine *line)
{
    if (line_flag(line, "json"))
        printf("{\"version\":\"%s\"}\n", DUNHUB_VERSION);
    else
        printf("dunhub %s\n", DUNHUB_VERSION);
    return EXIT_GOOD;
}

static void print_options(const Command *command)
{
    printf("    %s) words=\"--help", command->name);
    for (const CommandOption *option = command->options; option != NULL && option->name != NULL;
         option++)
        printf(" --%s", option->name);
    printf("\" ;;\n");
}

int cmd_completion(const CommandLine *line)
{
    const char *shell = line_argument(line, 0);
    if (strcmp(shell, "bash") != 0)
        return command_fail("completion", EXIT_USAGE, "only bash is known, not '%s'", shell);
    printf("# source <(dunhub completion bash)\n_dunhub()\n{\n    local "
           "word=\"${COMP_WORDS[COMP_CWORD]}\" words=\"\"\n"
           "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        words=\"");
    for (const Command *command = all_commands; command->name != NULL; command++)
        printf("%s%s", command == all_commands ? "" : " ", command->name);
    printf("\"\n        COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n        return\n    "
           "fi\n    case \"${COMP_WORDS[1]}\" in\n");
    for (const Command *command = all_commands; command->name != NULL; command++)
        print_options(command);
    printf("    esac\n    if [[ \"$word\" == -* ]]; then\n        COMPREPLY=($(compgen -W "
           "\"$words\" -- \"$word\"))\n    else\n"
           "        COMPREPLY=($(compgen -f -- \"$word\"))\n    fi\n}\ncomplete -o filenames -F "
           "_dunhub dunhub\n");
    return EXIT_GOOD;
}
