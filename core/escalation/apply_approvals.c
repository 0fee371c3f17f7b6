/* Approvals (§2, §7): one person asks, another one approves or refuses; a request rests on evidence, runs
 * out after approval_days, and can be taken back by who made it. */
#include <string.h>

#include "escalation/deciding.h"

static bool is_legal(const char *what)
{
    return what && strstr(what, "legal");
}

static Request *open_request(const Deciding *d, const char *what)
{
    STATE_FOREACH (d->state, KIND_REQUEST, Request, request)
        if (request->state == REQUEST_OPEN && g_strcmp0(request->what, what) == 0)
            return request;
    return NULL;
}

static void end_request(Deciding *d, Request *request, int state, const char *by)
{
    request->state = state;
    request->ended_by = arena_strdup(d->arena, by);
    request->ended_on = d->today;
}

/* ---- asking ---------------------------------------------------------------------------------- */

void apply_approval_request(Deciding *d)
{
    const ApprovalRequest *asked = d->in->event->payload;
    const char *by = deciding_actor(d, asked->by);
    const Cycle *cycle = cycle_meant(d, (Currency){""});
    const Request *open = open_request(d, asked->what);
    if (open) {
        char day[16];
        reject(d, "already_requested", NULL, "%s asked for %s on %s already; withdraw that first",
               open->by, open->what, date_format(open->asked_on, day));
        return;
    }
    if (is_legal(asked->what) && !asked->evidence) {
        reject(d, "evidence_missing", NULL,
               "say what it rests on: who approves has to see the file, the letter or the ticket");
        return;
    }
    Request *request = state_add(d->state, KIND_REQUEST);
    request->id = arena_printf(d->arena, "request%zu", STATE_COUNT(d->state, KIND_REQUEST));
    request->what = arena_strdup(d->arena, asked->what);
    request->cycle = cycle ? cycle->id : NULL;
    request->by = arena_strdup(d->arena, by);
    request->asked_on = d->today;
    request->state = REQUEST_OPEN;
    request->expires_on = dates_add(d->today, d->settings->approval_days);
    request->evidence = arena_strdup(d->arena, asked->evidence);
    reason_add(d, "approval_requested", "§7 approvals", request->what, NULL,
               json_pack("{s:s,s:s}", "by", by, "request", request->id),
               "%s asks for the approval %s", by, request->what);
}

void apply_approval_withdrawal(Deciding *d)
{
    const ApprovalRequest *asked = d->in->event->payload;
    const char *by = deciding_actor(d, asked->by);
    Request *request = open_request(d, asked->what);
    if (!request) {
        reject(d, "no_request", NULL,
               "nobody asks for %s; `dunhub worklist` lists what is asked for", asked->what);
        return;
    }
    if (g_strcmp0(request->by, by) != 0) {
        reject(d, "not_requester", NULL,
               "%s asked for it and alone can take that back; anyone else can refuse it",
               request->by);
        return;
    }
    end_request(d, request, REQUEST_WITHDRAWN, by);
    reason_add(d, "request_ended", "§7 approvals", request->what, "withdrawn", NULL,
               "%s no longer asks for %s", by, request->what);
}

void requests_expire(Deciding *d)
{
    STATE_FOREACH (d->state, KIND_REQUEST, Request, request) {
        if (request->state != REQUEST_OPEN || request->expires_on >= d->today)
            continue;
        end_request(d, request, REQUEST_EXPIRED, NULL);
        reason_add(d, "request_ended", "§7 approvals", request->what, "expired", NULL,
                   "nobody approved %s in time: who wants it asks again", request->what);
    }
}

/* ---- deciding -------------------------------------------------------------------------------- */

static Cycle *cycle_with_proposals(const Deciding *d)
{
    STATE_FOREACH (d->state, KIND_CYCLE, Cycle, cycle)
        if (cycle->proposals)
            return cycle;
    return NULL;
}

static void decide_correction(Deciding *d, const ApprovalDecision *decision, const char *by)
{
    Cycle *cycle = cycle_with_proposals(d);
    if (!cycle) {
        reject(d, "nothing_proposed", NULL, "no correction is proposed for this account");
        return;
    }
    if (decision->refused)
        cycle->proposals = NULL;
    else
        backdated_correct(d, cycle, by);
}

static void keep_approval(Deciding *d, const ApprovalDecision *decision, const Request *request,
                          const char *requester, const char *by)
{
    const Cycle *cycle = cycle_meant(d, (Currency){""});
    const char *evidence = decision->evidence ? decision->evidence
                           : request          ? request->evidence
                                              : NULL;
    Approval *row = state_add(d->state, KIND_APPROVAL);
    row->what = arena_strdup(d->arena, decision->what);
    row->cycle = cycle ? cycle->id : NULL;
    row->by = arena_strdup(d->arena, by);
    row->requested_by = arena_strdup(d->arena, requester);
    row->at = d->now;
    row->given_on = d->today;
    row->valid_through = dates_add(d->today, d->settings->approval_days);
    row->evidence = arena_strdup(d->arena, evidence);
}

/* A second person is a second person: whoever asked, by a request or by name, does not approve. */
static bool may_decide(Deciding *d, const ApprovalDecision *decision, const char *requester,
                       const char *by)
{
    if (is_legal(decision->what) && !decision->refused && !requester) {
        reject(d, "requester_missing", NULL,
               "say who asked for it: one person asks, another approves");
        return false;
    }
    bool own = requester && g_strcmp0(by, requester) == 0;
    if (own && (is_legal(decision->what) || !decision->refused)) {
        reject(d, "self_approval", NULL, "%s asked for it: someone else has to approve", by);
        return false;
    }
    return true;
}

void apply_approval(Deciding *d)
{
    const ApprovalDecision *decision = d->in->event->payload;
    const char *by = deciding_actor(d, decision->by);
    Request *request = open_request(d, decision->what);
    const char *requester = request ? request->by : decision->requested_by;
    if (!may_decide(d, decision, requester, by))
        return;
    if (g_strcmp0(decision->what, "backdated_correction") == 0)
        decide_correction(d, decision, by);
    else if (!decision->refused)
        keep_approval(d, decision, request, requester, by);
    if (d->rejection)
        return;
    if (request)
        end_request(d, request, decision->refused ? REQUEST_REFUSED : REQUEST_APPROVED, by);
    reason_add(d, decision->refused ? "refused" : "approved", "§7 approvals", decision->what, NULL,
               json_pack("{s:s,s:s?,s:s?}", "by", by, "requested_by", requester, "evidence",
                         decision->evidence),
               "%s %s %s", by, decision->refused ? "refused" : "approved",
               decision->what ? decision->what : "");
}
