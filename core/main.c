/* dunhub: the table of subcommands. Parser, help, completion and reference read it. */
#include <locale.h>
#include <signal.h>

#include "cmd/cmd.h"
#include "cmd/deeds.h"
#include "cmd/desk.h"

#define JSON_OPTION                                                                                \
    {                                                                                              \
        "json", NULL, "Print JSON: one object a line."                                             \
    }
#define BY_OPTION                                                                                  \
    {                                                                                              \
        "by", "PERSON", "Who does it; default your user name. Stands in the audit."                \
    }
#define REASON_OPTION                                                                              \
    {                                                                                              \
        "reason", "TEXT", "Why, for the audit."                                                    \
    }
#define CURRENCY_OPTION                                                                            \
    {                                                                                              \
        "currency", "CODE", "Currency of the cycle; needed only if several are owed."              \
    }
#define END                                                                                        \
    {                                                                                              \
        NULL, NULL, NULL                                                                           \
    }

static const CommandOption json_only[] = {JSON_OPTION, END};
static const CommandOption look_options[] = {CONF_OPTIONS, JSON_OPTION, END};
static const CommandOption audit_options[] = {
    CONF_OPTIONS,
    {"out", "FILE", "export: the file to write; it must not exist."},
    {"key", "KEY",
     "verify FILE: the public key that must have signed, in hex, or a file that holds it."},
    {"new", NULL, "key: make the organisation's key; its file is where 'hub: signing_key' says."},
    {"show", NULL, "key: show the public key; what 'audit key' does by itself."},
    {"no-pdf", NULL, "export: leave the drawn timeline out."},
    {"whole-configuration", NULL,
     "export: the configurations themselves go along, not only their hashes and rules of law."},
    JSON_OPTION,
    END,
};
static const CommandOption run_options[] = {
    CONF_OPTIONS,
    {"quiet", NULL, "Print alerts only."},
    {"until-idle", NULL, "Stop when nothing is left to do now."},
    {"release", NULL, "Let a first import act at once, without a look at its plan."},
    {"as-of", "DATE", "Run this day on a moved clock, and stop."},
    {"to", "DATE", "With --as-of: run all days through this one."},
    {"json", NULL, "Log as JSON lines."},
    END,
};
static const CommandOption check_options[] = {
    CONF_OPTIONS,
    {"live", NULL, "Also ask each instance whether it can do its work."},
    JSON_OPTION,
    END};
static const CommandOption simulate_options[] = {
    {"conf", "DIR", "Folder of the configuration; default conf.d here, else /etc/dunhub/conf.d."},
    {"plugins", "DIR",
     "Folder of the plugins; default beside the program, else the installed one."},
    {"from", "DATE", "First day, like 2026-07-01."},
    {"to", "DATE", "Last day."},
    {"ledger", "INSTANCE", "The ledger to replay; default all of the configuration."},
    {"compare", NULL,
     "Two policies on the same ledger: A and B are folders of a configuration, or files that are "
     "laid over it."},
    {"limit", "N", "Accounts of a comparison that are shown; default 20."},
    {"summary", NULL, "Only what it came to, without a line for each decision."},
    {"format", "FORMAT", "Of the report: table, csv, json, svg; default table."},
    {"out", "FOLDER", "Write the report's files there: tables, JSON and charts."},
    {"all", NULL, "Every entry that the audit would have, as JSON lines."},
    {"day-by-day", NULL,
     "Through the hub itself instead of account by account: slow, and the same decisions."},
    JSON_OPTION,
    END,
};
static const CommandOption test_options[] = {
    {"rules", "FILE",
     "Rows of the law that hold in the cases; default the files called *-rules-*.yaml of conf.d "
     "here, else those that came with the program."},
    {"case", "ID", "Play only this case; '*' stands for any text: 'TL-*'."},
    {"verbose", NULL, "Print each case's timeline: what was decided, sent and done, and why."},
    JSON_OPTION,
    END,
};
static const CommandOption contract_options[] = {
    {"plugins", "DIR",
     "Folder of the plugins; default beside the program, else the installed one."},
    {"only", "NAME", "Only what is called so; '*' stands for any text: 'note.write: 4*'."},
    END,
};
static const CommandOption notice_options[] = {
    CONF_OPTIONS,
    {"format", "FORMAT", "text (default), html, pdf, sms, voice, or json: the whole message."},
    {"out", "FILE", "Where to write it; default standard output."},
    {"sample", NULL, "For a made-up account; needs no store."},
    {"language", "TAG", "As if the account had this language: de, es-MX."},
    {"jurisdiction", "PATH", "As if it were there: US/CA."},
    {"segment", "NAME", "As if it were of this segment."},
    END,
};
static const CommandOption accounts_options[] = {
    CONF_OPTIONS,
    {"delinquent", NULL, "Only accounts that are delinquent."},
    {"needs-intervention", NULL, "Only accounts that need a person."},
    JSON_OPTION,
    END,
};
static const CommandOption worklist_options[] = {
    CONF_OPTIONS,
    {"mine", NULL, "Only items that are yours."},
    {"assignee", "PERSON", "Only items that this person has."},
    {"unassigned", NULL, "Only items that nobody has."},
    {"kind", "KIND",
     "approval, contact, dead, held, intervention, outreach, plan, promise, release or reply."},
    {"reason", "WORD", "Only items of this reason, such as review or legal."},
    {"due", "DATE", "Only items that are due by this day."},
    {"property", "NAME", "Only accounts of this property."},
    {"ledger", "INSTANCE", "Only accounts of this ledger."},
    {"account", "ACCOUNT", "Only this account."},
    {"limit", "N", "Items of a page, 1 to 1000; default 50."},
    {"after", "MARK", "The page after the one that ended with this mark."},
    JSON_OPTION,
    END,
};
static const CommandOption metrics_options[] = {
    CONF_OPTIONS,
    {"from", "DATE", "First day of the period; default a year before its end."},
    {"to", "DATE", "Last day of the period; default today."},
    {"by", "GROUP", "A line for each policy, segment or property."},
    {"csv", NULL, "Print CSV."},
    JSON_OPTION,
    END,
};
static const CommandOption person_options[] = {CONF_OPTIONS,    BY_OPTION,   REASON_OPTION,
                                               CURRENCY_OPTION, JSON_OPTION, END};
static const CommandOption erase_options[] = {CONF_OPTIONS, BY_OPTION, REASON_OPTION, JSON_OPTION,
                                              END};
static const CommandOption assign_options[] = {CONF_OPTIONS,
                                               BY_OPTION,
                                               {"none", NULL, "Nobody looks after it from now on."},
                                               {"item", "ITEM", "Only this item of the worklist."},
                                               JSON_OPTION,
                                               END};
static const CommandOption hold_options[] = {
    CONF_OPTIONS,
    BY_OPTION,
    REASON_OPTION,
    {"invoice", "ID", "Hold this invoice only."},
    {"contact", "ADDRESS", "Hold this address only."},
    {"from", "DATE", "First held day of a hold that is set ahead; default now."},
    {"until", "DATE",
     "Last held day; default as the kind says, or until it is ended; 'ended' takes a day away."},
    {"id", "HOLD", "Which hold to move, where several of the kind run; 'show' lists them."},
    {"petition-on", "DATE", "Bankruptcy: day of the petition."},
    {"blocks", "WORDS", "Pause: what it blocks, comma separated; default everything."},
    JSON_OPTION,
    END,
};
static const CommandOption exclude_options[] = {
    CONF_OPTIONS, BY_OPTION, REASON_OPTION, {"undo", NULL, "Take it in again."}, JSON_OPTION, END,
};
static const CommandOption approve_options[] = {
    CONF_OPTIONS,
    BY_OPTION,
    {"requested-by", "PERSON", "Who asked for it; must be another person."},
    {"evidence", "TEXT", "Where the approval can be seen."},
    {"refuse", NULL, "Refuse it."},
    {"source", "INSTANCE", "Release the plan of a ledger's first import."},
    {"fuse", NULL, "Let a day go on that would send unusually many notices."},
    {"clock", NULL, "Take the clock as right after a jump."},
    JSON_OPTION,
    END,
};
static const CommandOption retry_options[] = {
    CONF_OPTIONS,
    BY_OPTION,
    REASON_OPTION,
    {"close", NULL, "Close it instead: it was done by hand, or is not wanted."},
    {"release", NULL, "Release an act that waits in a plan."},
    JSON_OPTION,
    END,
};
static const CommandOption call_options[] = {
    CONF_OPTIONS,
    {"input", "FILE", "Input of the verb as JSON; '-' reads standard input; default {}."},
    {"key", "KEY", "Key against repeats; default a new one."},
    END,
};
static const CommandOption poll_options[] = {
    CONF_OPTIONS,
    {"keep", NULL, "Let the hub poll it now and keep what it tells; default: only look."},
    END};
static const CommandOption graph_options[] = {CONF_OPTIONS,
                                              {"dot", NULL, "Print Graphviz DOT."},
                                              {"json", NULL, "Print the policy's source as JSON."},
                                              END};
static const CommandOption rules_options[] = {
    CONF_OPTIONS,
    {"on", "DATE", "As of this day; default today."},
    {"gate", "NAME", "Only rows of this gate."},
    {"calendar", "NAME",
     "The holidays of a calendar, of the year that is given instead of an "
     "account; default this year."},
    {"disparity", NULL,
     "How groups of accounts were treated, side by side, and what people decided otherwise than "
     "the "
     "rules, with their reasons; status 1 if a reason is missing."},
    {"by", "FACT",
     "With --disparity: groups by segment (default), policy, property, lease, jurisdiction, "
     "language "
     "or kind."},
    {"groups", "FILE",
     "With --disparity: groups from a CSV file of account and group, such as a trait that dunhub "
     "must not know; it is read for this report and kept nowhere."},
    {"from", "DATE", "With --disparity: first day; default that of the month before."},
    {"to", "DATE", "With --disparity: last day; default the end of the month before."},
    JSON_OPTION,
    END};
static const CommandOption plugins_options[] = {
    {"plugins", "DIR",
     "Folder of the plugins; default beside the program, else the installed one."},
    JSON_OPTION,
    END};

static const Command own_commands[] = {
    {"run", "", 0, 0, "run the hub",
     "Reads the ledgers, decides, acts through the plugins, and answers the other commands, until "
     "it is told to stop.",
     run_options, "run --conf conf.d\nrun --until-idle", cmd_run},
    {"check", "[DIR]", 0, 1, "check the configuration",
     "Reads the configuration and the plugins' manifests and prints every finding with file, line "
     "and column.",
     check_options, "check conf.d\ncheck --live", cmd_check},
    {"simulate", "[A B]", 0, 2, "what would have happened with a ledger, under one policy or two",
     "Plays the ledgers of the configuration under its policies, account by account on a clock of "
     "its own: a line for each decision\nwith the rule and the gates behind it, and what it came "
     "to: notices, days in each step, acts, costs and the four figures of\nsuccess. Nothing is "
     "sent and nothing is kept. With --compare two policies stand side by side, with the accounts "
     "that are\ntreated differently and why.",
     simulate_options,
     "simulate --conf conf.d --from 2026-01-01 --to 2026-06-30\nsimulate --from 2026-01-01 --to "
     "2026-06-30 --format svg --out charts\nsimulate --from 2026-01-01 --to 2026-06-30 --compare "
     "conf.d gentler.yaml",
     cmd_simulate},
    {"test", "FILE…", 1, -1, "play given/when/then cases of a policy",
     "Plays the cases of the files through the same decisions, policies and loader as the hub, on "
     "a clock of its own, against\n"
     "scripted platforms. A later file may inherit defaults and policies from the one before it. "
     "Prints a line for each case\n"
     "and 'N passed, N failed' last; status 1 if one failed.",
     test_options,
     "test tests/cases/cases.yaml\ntest --case 'TL-*' --verbose tests/cases/cases.yaml", cmd_test},
    {"contract", "FOLDER…", 1, -1, "try a plugin against its contract.yaml and the laws of all",
     "Runs the plugin that is called as the folder in a host of its own, against a platform played "
     "on loopback: the cases of FOLDER/contract.yaml,\n"
     "and on its examples the laws that every plugin keeps (what an answer or the lack of one "
     "means, "
     "keys, cancelling, paging, hostile texts).\n"
     "Prints a line for each and 'N passed, N failed' last; status 1 if one failed.",
     contract_options,
     "contract plugins/webhook_out\ncontract --plugins build/plugins --only '*: 4*' plugins/acme",
     cmd_contract},
    {"status", "", 0, 0, "show whether a hub runs, its instances, its switches and what waits",
     "Says whether a hub runs here, what its instances do, which of its switches wait for a "
     "person, and how much waits to leave.\n"
     "Status 1 if no hub runs.",
     look_options, "status\nstatus --json", cmd_status},
    {"accounts", "", 0, 0, "list accounts, their step and owner",
     "Lists the accounts: since when each is delinquent, its step, who looks after it, what is "
     "overdue and why a person is needed.\n"
     "With --json amounts are in minor units: 6500 is USD 65.00.",
     accounts_options, "accounts --delinquent\naccounts --needs-intervention --json", cmd_accounts},
    {"worklist", "", 0, 0, "list what waits for a person, most urgent first",
     "Lists what waits for a person: accounts that need intervention, approvals, replies, "
     "promises, "
     "failed plans, addresses that fail, acts that are uncertain, dead or planned. Sorted by "
     "urgency "
     "(harm, waited, stuck, routine, tidy), then by the day it is due.",
     worklist_options,
     "worklist --mine\nworklist --kind approval --due 2026-07-31\nworklist --limit 100 --json",
     cmd_worklist},
    {"metrics", "", 0, 0, "show how well the portfolio is collected",
     "Shows, for each currency: the share collected within 45 days of what fell overdue in the "
     "period, days to payment, retention 90 days after an account was resolved, the cash recovered "
     "and the messages it took; each figure with whether its target is met.",
     metrics_options, "metrics --from 2026-01-01 --to 2026-06-30\nmetrics --by segment --csv",
     cmd_metrics},
    {"show", "ACCOUNT", 1, 1, "show one account in full", NULL, look_options,
     "show C-1007\nshow C-1007 --json", cmd_show},
    {"explain", "ACCOUNT", 1, 1, "say why an account is where it is, and what comes next", NULL,
     look_options, "explain C-1007", cmd_explain},
    {"move", "ACCOUNT STEP", 2, 2, "move an account to a step, or out by paid_by_customer", NULL,
     person_options, "move C-1007 suspended --reason 'agreed by phone'", cmd_move},
    {"assign", "ACCOUNT [PERSON]", 1, 2, "assign an account to a person; default yourself", NULL,
     assign_options, "assign C-1007\nassign C-1007 maria\nassign C-1007 --none", cmd_assign},
    {"grace", "ACCOUNT DATE", 2, 2, "postpone delinquency to a date", NULL, person_options,
     "grace C-1007 2026-07-25", cmd_grace},
    {"flag", "ACCOUNT", 1, 1, "make an account delinquent by hand", NULL, person_options,
     "flag C-1007 --reason 'two bounced cheques'", cmd_flag},
    {"hold", "set|move|end ACCOUNT KIND", 3, 3, "set, move or end a hold",
     "Sets, moves or ends a hold: help, breathing_space, bankruptcy, attorney, cease, deceased, "
     "pause. move gives a hold that has not begun another first day, and one that is not over "
     "another last day.",
     hold_options,
     "hold set C-1007 bankruptcy --petition-on 2026-07-10\nhold set C-1007 pause --from 2026-08-01 "
     "--until 2026-08-15\nhold move C-1007 pause --until 2026-08-31\nhold end C-1007 pause",
     cmd_hold},
    {"exclude", "ACCOUNT INVOICE", 2, 2, "leave one invoice out of dunning",
     "Leaves one invoice out of dunning: it stays open in the books, and is neither demanded nor "
     "counted; the others stay. --undo takes it in again, in the cycle that it left.",
     exclude_options,
     "exclude C-1007 2026-0071 --reason 'offset agreed'\nexclude C-1007 2026-0071 "
     "--undo",
     cmd_exclude},
    {"approve", "[ACCOUNT WHAT]", 0, 2, "approve what waits for a second person",
     "Approves or refuses for an account: legal, vip_collections, vip_legal, backdated_correction; "
     "or one of the hub's own\n"
     "switches: --source, --fuse, --clock.",
     approve_options,
     "approve C-1007 legal --requested-by maria --by jonas\napprove --source rents", cmd_approve},
    {"erase", "ACCOUNT", 1, 1, "erase the personal data of an account whose case is over",
     "Takes name, addresses, free texts, messages and what was taken in out of everything that is "
     "kept; ids, amounts, dates and\n"
     "the chain of decisions stay. Refused while anything runs or a row of 'retention:' asks for "
     "it to be kept.",
     erase_options, "erase C-1007 --reason 'request under GDPR article 17'", cmd_erase},
    {"outbox", "[ACCOUNT]", 0, 1, "list what waits to leave", NULL, look_options,
     "outbox\noutbox C-1007 --json", cmd_outbox},
    {"dead", "[ACCOUNT]", 0, 1, "list what failed for good or waits for a person", NULL,
     look_options, "dead", cmd_dead},
    {"retry", "KEY", 1, 1, "send a dead or held act again, or close it", NULL, retry_options,
     "retry C-1007/c1/2/suspend_service\nretry C-1007/c1/2/suspend_service --close --reason 'done "
     "by hand'",
     cmd_retry},
    {"audit", "verify|replay|show|export|key [ACCOUNT|FILE]", 1, 2,
     "verify the audit chain, decide again, show an account's chain, or export its evidence",
     "verify proves that no entry was changed, put in or taken out. replay decides every account, "
     "or one, again from its\n"
     "journal alone, each entry under the configuration of its time, and compares with what the "
     "store holds.\n"
     "show @hub prints the hub's own entries: configurations, switches, who released what. export "
     "writes the evidence of one\n"
     "account as one signed file; verify FILE checks such a file with nothing else. key shows the "
     "public key that others\n"
     "check with, and with --new makes one.",
     audit_options,
     "audit verify\naudit replay\naudit show C-1007\naudit show @hub\naudit key --new\n"
     "audit export C-1007 --out C-1007.tar\naudit verify C-1007.tar --key organisation.pub",
     cmd_audit},
    {"rules", "[ACCOUNT|YEAR]", 0, 1, "list the law that applies, and what changes when",
     "Lists the rows of 'rules:' that are in force for an account, or all of them, and the days on "
     "which one begins or ends.",
     rules_options,
     "rules\nrules C-1007 --gate late_fee\nrules --on 2026-06-30\nrules --calendar US 2027\nrules "
     "--disparity --by property",
     cmd_rules},
    {"plugins", "[NAME]", 0, 1, "list the plugins, or what one offers", NULL, plugins_options,
     "plugins\nplugins smtp --json", cmd_plugins},
    {"call", "INSTANCE VERB", 2, 2, "carry out one action and print its result", NULL, call_options,
     "call mail message.email --input mail.json", cmd_call},
    {"poll", "INSTANCE [SOURCE]", 1, 2, "print what a ledger would tell", NULL, poll_options,
     "poll rents\npoll rents --keep", cmd_poll},
    {"notice", "list | preview ACCOUNT STEP", 1, 3,
     "list the templates, or see a notice before it is sent",
     "'notice list' tells which templates there are, in which languages and for which channels. "
     "'notice preview' writes what the "
     "account would get at that step, or by the template of that name, as its books stand; nothing "
     "is sent. With --sample, for "
     "a made-up account: 'notice preview --sample STEP'.",
     notice_options,
     "notice list\nnotice preview C-1007 final_notice --format pdf --out letter.pdf\n"
     "notice preview --sample friendly --format html --language de\nnotice preview --sample firm "
     "--format sms",
     cmd_notice},
    {"graph", "[POLICY]", 0, 1, "show a policy's steps", NULL, graph_options,
     "graph b2b_standard\ngraph b2b_standard --dot | dot -Tsvg >ladder.svg", cmd_graph},
    {"completion", "bash", 1, 1, "print the completion for a shell", NULL, NULL, "completion bash",
     cmd_completion},
    {"version", "", 0, 0, "print the version", NULL, json_only, NULL, cmd_version},
    {"help", "[COMMAND]", 0, 1, "list the commands, or explain one", NULL, NULL, "help test",
     cmd_help},
    {NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL},
};

const Command *all_commands;

int main(int argc, char **argv)
{
    all_commands = deeds_with_commands(own_commands);
    setlocale(LC_ALL, "C.UTF-8");
    /* A file at its limit is a full disk: a write that fails, not an end. */
    signal(SIGXFSZ, SIG_IGN);
    return command_main(argc, argv);
}
