/* The ledger and the people: what they tell, in pages and one by one, and once more until they are heard. */
#include "sim/world.h"

void told_free(void *data)
{
    Told *told = data;
    g_free(told->source);
    g_free(told->id);
    g_free(told->type);
    g_free(told->account);
    json_decref(told->data);
    g_free(told);
}

/* ---- what is told ------------------------------------------------------------------------------ */

static Told *told_new(const char *source, char *id, const char *type, const char *account,
                      json_t *data)
{
    Told *told = g_new0(Told, 1);
    *told = (Told){.source = g_strdup(source),
                   .id = id,
                   .type = g_strdup(type),
                   .account = g_strdup(account),
                   .data = data};
    return told;
}

static char *local_day(const World *world, int days)
{
    char date[16];
    Date today = (Date)(world_true_now(world) / INSTANT_DAY);
    return g_strdup(date_format(today + days, date));
}

static Told *an_invoice(World *world, const char *account)
{
    int n = ++world->invoices;
    bool changed =
        n > 4 && world_chance(world, 5); /* a newer version, or an old one that comes late */
    int shown = changed ? 1 + (int)world_draw(world, (unsigned)n) : n;
    g_autofree char *id = g_strdup_printf("I%s-%d", account, changed ? shown % 5 : n);
    g_autofree char *issued = local_day(world, -(int)world_draw(world, 12) - 10);
    g_autofree char *due = local_day(world, -(int)world_draw(world, 6));
    return told_new("rents", g_strdup_printf("ie%d", n), "invoice.updated", account,
                    json_pack("{s:s,s:s,s:i,s:s,s:s,s:i}", "id", id, "currency", "USD", "amount",
                              1000 + 37 * n, "issued_on", issued, "due_on", due, "version",
                              changed ? 1 + (int)world_draw(world, 9) : 1));
}

static Told *a_payment(World *world, const char *account)
{
    static const char *const states[] = {"settled", "settled", "settled", "pending", "failed"};
    int n = ++world->payments;
    g_autofree char *id = g_strdup_printf("P%d", n - (int)world_draw(world, 3));
    return told_new("rents", g_strdup_printf("pe%d", n), "payment.updated", account,
                    json_pack("{s:s,s:s,s:i,s:s,s:i}", "id", id, "currency", "USD", "amount",
                              500 + 400 * (int)world_draw(world, 12), "state",
                              states[world_draw(world, G_N_ELEMENTS(states))], "version", n));
}

static Told *a_contact(World *world, const char *account)
{
    g_autofree char *address = g_strdup_printf("%s@example.test", account);
    return told_new("rents", g_strdup_printf("ce%d", ++world->others), "contact.updated", account,
                    json_pack("{s:s,s:s}", "channel", "email", "address", address));
}

static Told *a_credit(World *world, const char *account)
{
    int n = ++world->others;
    g_autofree char *id = g_strdup_printf("C%d", n);
    return told_new("rents", g_strdup_printf("re%d", n), "credit.updated", account,
                    json_pack("{s:s,s:s,s:i}", "id", id, "currency", "USD", "amount", 100));
}

static Told *a_wish(World *world, const char *account)
{
    int n = ++world->others;
    char *id = g_strdup_printf("w%d", n);
    g_autofree char *until = local_day(world, 1 + (int)world_draw(world, 5));
    switch (world_draw(world, 5)) {
    case 0:
        return told_new("person:maria", id, "grace.requested", account,
                        json_pack("{s:s}", "extended_to", until));
    case 1:
        return told_new("person:maria", id, "hold.set", account,
                        json_pack("{s:s,s:s}", "kind", "pause", "until", until));
    case 2:
        return told_new(
            "person:maria", id, "promise.made", account,
            json_pack("{s:i,s:s,s:s}", "amount", 900, "currency", "USD", "promised_on", until));
    case 3:
        return told_new("person:maria", id, "account.assigned", account,
                        json_pack("{s:s}", "to", "maria"));
    default:
        return told_new("person:maria", id, "evaluate.requested", account, json_object());
    }
}

static Told *rubbish(World *world, const char *account)
{
    int n = ++world->others;
    if (world_chance(world, 2))
        return told_new("rents", g_strdup_printf("bad%d", n), "invoice.updated", account,
                        json_pack("{s:i,s:s}", "id", 7, "amount", "much"));
    return told_new("rents", g_strdup_printf("who%d", n), "payment.updated", NULL,
                    json_pack("{s:s,s:s,s:i,s:s}", "id", "P-who", "currency", "USD", "amount", 100,
                              "state", "settled"));
}

static Told *something(World *world)
{
    const char *account = world_account(world);
    unsigned draw = world_draw(world, 20);
    if (draw < 8)
        return an_invoice(world, account);
    if (draw < 12)
        return a_payment(world, account);
    if (draw < 15)
        return a_contact(world, account);
    if (draw < 16)
        return a_credit(world, account);
    if (draw < 19)
        return a_wish(world, account);
    return rubbish(world, account);
}

/* ---- one by one --------------------------------------------------------------------------------- */

typedef struct {
    World *world;
    Told *told;
    uint64_t life;
} Asked;

static void taken(void *data, const IntakeAnswer *answer)
{
    Asked *asked = data;
    World *world = asked->world;
    Told *told = asked->told;
    bool heard = !world->dead && !disk_is_off(world->disk) && asked->life == world->life;
    told->waits = false;
    if (!heard)
        return;
    bool kept = answer->verdict == INTAKE_ACCEPTED || answer->verdict == INTAKE_REJECTED ||
                answer->verdict == INTAKE_DUPLICATE;
    told->acknowledged = kept || answer->verdict == INTAKE_INVALID;
    told->journalled |= kept;
    told->refused = answer->verdict == INTAKE_INVALID;
    world->report.duplicates += answer->verdict == INTAKE_DUPLICATE;
    if (answer->position)
        told->position = answer->position;
}

static void submit(World *world, Told *told)
{
    Asked *asked = arena_new0(world->arena, Asked, 1); /* the hub may die and never call */
    *asked = (Asked){world, told, world->life};
    told->waits = true;
    told->life = world->life;
    hub_submit(world->hub, told->source, told->id, told->type, told->account, INSTANT_NONE,
               told->data, taken, asked);
}

void source_tell(World *world)
{
    Told *told = something(world);
    world->report.events++;
    told->of_page = strcmp(told->source, "rents") == 0 && world_chance(world, 3);
    world_say(world, "told %s %s %s", told->id, told->type, told->account ? told->account : "?");
    if (told->of_page) {
        g_ptr_array_add(world->pages, told);
        return;
    }
    g_ptr_array_add(world->told, told);
    submit(world, told);
}

void source_repeat(World *world)
{
    guint n = world->told->len, start = n ? world_draw(world, n) : 0;
    bool any = world_chance(world, 3); /* what was answered long ago too */
    for (guint i = 0; i < n; i++) {
        Told *told = world->told->pdata[(start + i) % n];
        bool lost = told->waits && told->life != world->life;
        if ((told->acknowledged && !any) || (told->waits && !lost))
            continue;
        submit(world, told);
        return;
    }
}

bool source_waits(const World *world)
{
    for (guint i = 0; i < world->told->len; i++)
        if (!((const Told *)world->told->pdata[i])->acknowledged)
            return true;
    for (guint i = 0; i < world->pages->len; i++)
        if (!((const Told *)world->pages->pdata[i])->acknowledged)
            return true;
    return false;
}

/* ---- in pages ----------------------------------------------------------------------------------- */

static json_t *page_event(const Told *told)
{
    return json_pack("{s:s,s:s,s:s*,s:O}", "id", told->id, "type", told->type, "account",
                     told->account, "data", told->data);
}

static guint cursor_of(const Sent *sent)
{
    g_autoptr(json_t) input = json_loads(sent->input, 0, NULL);
    const char *cursor = json_string_value(json_object_get(input, "cursor"));
    return cursor ? (guint)g_ascii_strtoull(cursor, NULL, 10) : 0;
}

static bool is_bad(const Told *told)
{
    return g_str_has_prefix(told->id, "bad");
}

/* What stands before a cursor that was handed out is durable. */
static void check_cursor(World *world, guint cursor)
{
    for (guint i = 0; i < MIN(cursor, world->pages->len); i++) {
        Told *told = world->pages->pdata[i];
        told->acknowledged |=
            is_bad(told) || check_is_kept(world, told); /* it died between commit and answer */
        if (!told->acknowledged)
            world_fail(world, "the cursor stands behind %s, which was never taken", told->id);
    }
}

static bool give_page(World *world, const Sent *sent, guint from, guint to, guint cursor)
{
    g_autoptr(GPtrArray) owned =
        g_ptr_array_new_with_free_func((GDestroyNotify)(void (*)(void))json_decref);
    for (guint i = from; i < to; i++)
        g_ptr_array_add(owned, page_event(world->pages->pdata[i]));
    g_autofree char *text = g_strdup_printf("%u", cursor);
    bool taken = hub_page(world->hub, sent->instance, sent->id,
                          (const json_t *const *)(void *)owned->pdata, owned->len, text);
    if (!taken || world->dead || disk_is_off(world->disk))
        return taken;
    for (guint i = from; i < to; i++) {
        Told *told = world->pages->pdata[i];
        told->acknowledged = true;
        told->refused = is_bad(told);
        told->journalled = !told->refused;
    }
    return true;
}

static void end_poll(World *world, Sent *sent, int outcome, const char *message)
{
    sent->answered = true;
    world->report.answers++;
    hub_result(world->hub, sent->instance, sent->id, outcome, 0, NULL, message, NULL, NULL);
}

void source_answer_poll(World *world, Sent *sent, bool kindly)
{
    bool reads = sent->kind == CALL_READ;
    guint from = reads ? 0 : cursor_of(sent), n = world->pages->len;
    if (!reads)
        check_cursor(world, from);
    if (!kindly && world_chance(world, 5)) {
        end_poll(world, sent, world_chance(world, 6) ? OUTCOME_AUTH : OUTCOME_RETRY, "unreachable");
        return;
    }
    if (!kindly && from && world_chance(world, 4)) /* tells again what it told before */
        from -= 1 + world_draw(world, MIN(from, 4));
    guint to = n;
    if (!kindly && from < n && world_chance(world, 3))
        to = from + 1 + world_draw(world, n - from);
    bool good = give_page(world, sent, MIN(from, n), MIN(to, n), MIN(to, n));
    bool ends_well = good && (kindly || !world_chance(world, 8));
    end_poll(world, sent, ends_well ? OUTCOME_OK : OUTCOME_RETRY, ends_well ? NULL : "broken off");
}
