/* The words that case files use for what happens on a platform, and the verb each stands for. The
 * one place that knows both; effect, adverse and undo are the verb's own (escalation/policy.h). */
#ifndef DUNHUB_CASES_OPS_H
#define DUNHUB_CASES_OPS_H

#include <stdbool.h>
#include <stddef.h>

typedef enum {
    FAN_NONE,
    FAN_ENTRY,  /* when the account enters delinquency */
    FAN_STEP,   /* at each step entered */
    FAN_LEFT,   /* when it leaves */
    FAN_PERSON, /* when a step needs a person */
    FAN_HIGH,   /* at a step of high severity, once its notice is accepted */
} Fan;

typedef struct {
    const char *op;
    const char *platform; /* instance of the fake platform; NULL: the hub itself */
    const char *verb;
    Fan fan; /* when S1's fan-out (domain.md §8) does it */
} Op;

extern const Op case_ops[];
extern const size_t n_case_ops;

/* The first row of an op; platform NULL: any. NULL: unknown. */
const Op *op_find(const char *op, const char *platform);
/* The op that an act of this instance (NULL: the hub) and verb is. */
const Op *op_of_act(const char *action, const char *instance, const char *verb);
/* Name of its action in the configuration: the op, behind "platform." where it has one. Caller
 * frees. */
char *op_action_name(const Op *op);

/* How a channel is carried. */
typedef struct {
    const char *channel, *platform, *verb;
} Carrier;
extern const Carrier case_carriers[];
extern const size_t n_case_carriers;

bool platform_known(const char *name);

#endif
