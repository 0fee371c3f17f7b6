/* Who presses a button. The channel alone proves nothing: a person is a member of our own workspace, by the e-mail address
 * that Slack has of them. */
#include "slack.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool fits(const char *entry, const char *mail)
{
    const char *at = strrchr(mail, '@');
    return strcasecmp(entry, mail) == 0 || (*entry == '@' && at && strcasecmp(entry, at) == 0);
}

bool slack_has_approvers(const DunhubTask *task)
{
    json_t *list = dunhub_option_json(task, "approvers");
    bool some = json_array_size(list) > 0;
    json_decref(list);
    return some;
}

static bool may_approve(const DunhubTask *task, const char *mail)
{
    json_t *list = dunhub_option_json(task, "approvers");
    bool may = false;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *entry = json_string_value(json_array_get(list, i));
        may |= entry && fits(entry, mail);
    }
    json_decref(list);
    return may;
}

static const char *name_of(const DunhubTask *task, const char *mail)
{
    json_t *people = dunhub_option_json(task, "people"), *value;
    const char *their, *name = NULL;
    json_object_foreach(people, their,
                        value) if (strcasecmp(their, mail) == 0 && json_is_string(value)) name =
        dunhub_format(task, "%s", json_string_value(value));
    json_decref(people);
    return dunhub_format(task, "%s%s",
                         name && strchr(name, ':') ? "" : "person:", name ? name : mail);
}

static const char *lower(const DunhubTask *task, const char *text)
{
    char *copy = dunhub_format(task, "%s", text);
    for (char *p = copy; p && *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return copy;
}

/* Guests and people of other companies in a shared channel carry an address that nobody of ours has checked. */
static const char *why_nobody(const json_t *user)
{
    static const char *const rows[][2] = {
        {"deleted", "the user is deactivated"},
        {"is_bot", "it is a bot"},
        {"is_restricted", "it is a guest"},
        {"is_ultra_restricted", "it is a guest"},
        {"is_stranger", "it is somebody of another company"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (json_is_true(json_object_get(user, rows[i][0])))
            return rows[i][1];
    return NULL;
}

bool slack_person(const DunhubTask *task, const char *user, SlackPerson *ret_person,
                  const char **ret_why)
{
    const DunhubField fields[] = {{"user", user}};
    json_t *answer = NULL;
    *ret_why = NULL;
    if (!slack_read(task, "users.info", fields, 1, &answer)) {
        if (task->result->outcome == DUNHUB_PERMANENT)
            *ret_why = "Slack does not know the user";
        return false;
    }
    const char *mail = dunhub_at_text(answer, "/user/profile/email");
    *ret_why = why_nobody(json_object_get(answer, "user"));
    if (!*ret_why && (!mail || !*mail))
        *ret_why =
            "Slack tells no e-mail address of the user: give the app the scope users:read.email";
    if (!*ret_why) {
        ret_person->mail = lower(task, mail);
        ret_person->name = name_of(task, ret_person->mail);
        ret_person->may_approve = may_approve(task, ret_person->mail);
    }
    json_decref(answer);
    return !*ret_why;
}
