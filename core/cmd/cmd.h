/* The functions behind the subcommands. Every one returns an ExitCode. */
#ifndef DUNHUB_CMD_CMD_H
#define DUNHUB_CMD_CMD_H

#include "cmd/command.h"

#define DUNHUB_VERSION "0.1.0"

int cmd_accounts(const CommandLine *line);
int cmd_approve(const CommandLine *line);
int cmd_assign(const CommandLine *line);
int cmd_audit(const CommandLine *line);
int cmd_call(const CommandLine *line);
int cmd_check(const CommandLine *line);
int cmd_contract(const CommandLine *line);
int cmd_completion(const CommandLine *line);
int cmd_dead(const CommandLine *line);
int cmd_exclude(const CommandLine *line);
int cmd_erase(const CommandLine *line);
int cmd_explain(const CommandLine *line);
int cmd_flag(const CommandLine *line);
int cmd_grace(const CommandLine *line);
int cmd_graph(const CommandLine *line);
int cmd_help(const CommandLine *line);
int cmd_hold(const CommandLine *line);
int cmd_metrics(const CommandLine *line);
int cmd_move(const CommandLine *line);
int cmd_notice(const CommandLine *line);
int cmd_outbox(const CommandLine *line);
int cmd_plugins(const CommandLine *line);
int cmd_poll(const CommandLine *line);
int cmd_retry(const CommandLine *line);
int cmd_rules(const CommandLine *line);
int cmd_run(const CommandLine *line);
int cmd_show(const CommandLine *line);
int cmd_simulate(const CommandLine *line);
int cmd_status(const CommandLine *line);
int cmd_test(const CommandLine *line);
int cmd_worklist(const CommandLine *line);
int cmd_version(const CommandLine *line);

#endif
