/* The table of acts of people: whole, true to the catalogue of events, and a door nobody passes in another one's name. */
#include "hub/deeds.h"

#include <string.h>

static void test_table(void)
{
    for (size_t i = 0; i < n_deeds; i++) {
        const Deed *deed = &deeds[i];
        g_test_message("%s", deed->name);
        g_assert_true(deed_by_name(deed->name) == deed); /* each name once */
        g_assert_cmpuint(deed->n_events, >=, 1);
        g_assert_true(deed->usage && deed->who && deed->summary && deed->effect);
        for (size_t m = 0; deed->arguments[m]; m++)
            g_assert_nonnull(deed_field(deed, deed->arguments[m]));
        for (size_t m = 0; deed->options[m]; m++)
            g_assert_nonnull(deed_field(deed, deed->options[m]));
        for (size_t e = 0; e < deed->n_events; e++)
            g_assert_true(deed_of_event(deed->events[e]) == deed); /* each event once */
    }
}

/* What an event of a person needs can be given by its act. */
static void test_required_members(void)
{
    for (size_t i = 0; i < n_deeds; i++) {
        const RecordType *type = event_types[deeds[i].events[0]].payload;
        for (size_t f = 0; type && f < type->n_fields; f++) {
            if (!(type->fields[f].flags & FIELD_REQUIRED))
                continue;
            bool given = false;
            for (size_t m = 0; m < DEED_MEMBERS_MAX; m++)
                given = given || g_strcmp0(deeds[i].arguments[m], type->fields[f].name) == 0 ||
                        g_strcmp0(deeds[i].options[m], type->fields[f].name) == 0;
            g_test_message("%s %s", deeds[i].name, type->fields[f].name);
            g_assert_true(given);
        }
    }
}

/* Every command of the catalogue is an act of the table: there is no other way to it. */
static void test_every_command_is_an_act(void)
{
    for (int kind = 0; kind < N_EVENTS; kind++) {
        g_test_message("%s", event_types[kind].name);
        if (event_types[kind].is_command)
            g_assert_nonnull(deed_of_event((EventKind)kind));
    }
    g_assert_null(deed_of_event(EVENT_INVOICE_UPDATED));
    g_assert_null(deed_of_event(EVENT_ACT_RESULT));
}

static void test_door(void)
{
    const struct {
        const char *type, *person, *data, *why; /* why NULL: passes */
    } rows[] = {
        {"hold.set", "person:maria", "{\"kind\":\"pause\",\"by\":\"person:maria\"}", NULL},
        {"hold.set", "person:maria", "{\"kind\":\"pause\"}", NULL},
        {"hold.set", "person:maria", "{\"kind\":\"pause\",\"by\":\"person:jonas\"}",
         "handed in by person:maria in the name of person:jonas"},
        {"invoice.updated", "person:maria", "{\"id\":\"I\"}", "no act of a person"},
        {"act.result", "person:maria", "{}", "no act of a person"},
        {"no.such", "person:maria", "{}", NULL}, /* the catalogue says what is near */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(json_t) data = json_loads(rows[i].data, 0, NULL);
        g_autofree char *why = NULL;
        bool good = deed_check(rows[i].type, rows[i].person, data, &why);
        g_assert_cmpint(good, ==, rows[i].why == NULL);
        if (rows[i].why)
            g_assert_nonnull(strstr(why, rows[i].why));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/deeds/table", test_table);
    g_test_add_func("/deeds/required-members", test_required_members);
    g_test_add_func("/deeds/every-command", test_every_command_is_an_act);
    g_test_add_func("/deeds/door", test_door);
    return g_test_run();
}
